/** The options of a source. */

/** Header fields by name. */
export type Fields = Readonly<Record<string, string>>

/** How the token endpoint is reached. */
export interface Options {
  /**
   * The URL where credentials are minted by `POST`; relative to the page, or whole. It must be `https://`; `http://` is allowed on loopback only (`localhost`,
   * `127.0.0.0/8`, `[::1]`).
   */
  readonly endpoint: string | URL
  /**
   * Headers that authenticate the user, such as the app's own bearer. A function is called before every try.
   *
   * @default none: the page's cookies are sent to its own origin
   */
  readonly headers?: Fields | (() => Fields | Promise<Fields>) | undefined
  /** @default the platform's */
  readonly fetch?: ((url: string | URL, init: RequestInit) => Promise<Response>) | undefined
}
