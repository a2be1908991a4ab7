/** The options of a source. */

/** Header fields by name. */
export type Fields = Readonly<Record<string, string>>

/** Options of a source. */
export interface Options {
  /**
   * The URL that mints credentials by `POST`, relative to the page or absolute. It must be `https://`; `http://` is
   * allowed on loopback only (`localhost`, `127.0.0.0/8`, `[::1]`).
   */
  readonly endpoint: string | URL
  /**
   * Headers that authenticate the user, such as the app's own bearer. A function is called before every try.
   *
   * @default none: the page's cookies are sent to its own origin
   */
  readonly headers?: Fields | (() => Fields | Promise<Fields>) | undefined
  /** The function that sends requests. @default the platform's `fetch` */
  readonly fetch?: ((url: string | URL, init: RequestInit) => Promise<Response>) | undefined
}
