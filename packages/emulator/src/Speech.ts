/**
 * Speech without a model: audio becomes words by its length alone, text becomes a tone by its length alone.
 * The same bytes give the same words, whatever the pieces they arrive in.
 *
 * @since 0.1.0
 */

/**
 * The default transcript; longer audio starts it again.
 *
 * @category constants
 * @since 0.1.0
 */
export const words: ReadonlyArray<string> =
  "the long key stays at home and only a short lived one travels to the browser".split(" ")

/**
 * How long one word lasts, in milliseconds of audio.
 *
 * @category constants
 * @since 0.1.0
 */
export const wordMilliseconds = 300
