/** A dispatcher of undici, by the parts that are used, so that published types need no undici. */

/** A dispatcher of undici 7 or 8, such as its `Agent`. */
export interface Dispatcher {
  dispatch(options: Options, handler: Handler): boolean
}

/** A dispatcher that is closed by its maker. */
export interface Closable extends Dispatcher {
  destroy(): Promise<void>
}

/** A request, as a dispatcher takes it. */
export interface Options {
  readonly origin: string
  readonly path: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string | null
  /** Interceptors of an app may follow redirects, and would pass on the key. */
  readonly maxRedirections?: 0
}

/** The receiver of a response. */
export interface Handler {
  onRequestStart(controller: Controller): void
  onResponseStart(
    controller: Controller,
    status: number,
    headers: Record<string, string | Array<string> | undefined>
  ): void
  onResponseData(controller: Controller, bytes: Uint8Array): void
  onResponseEnd(controller: Controller): void
  onResponseError(controller: Controller, error: Error): void
}

/** The control of a request that was started. */
export interface Controller {
  abort(reason: Error): void
}
