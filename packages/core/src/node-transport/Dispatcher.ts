/** The used parts of undici's dispatcher. They are declared here, so that published types do not need undici. */

/** A dispatcher of undici 7 or 8, such as its `Agent`. */
export interface Dispatcher {
  dispatch(options: Options, handler: Handler): boolean
}

/** A dispatcher that can be closed. */
export interface Closable extends Dispatcher {
  destroy(): Promise<void>
}

/** A request to a dispatcher. */
export interface Options {
  readonly origin: string
  readonly path: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string | null
  /** Zero, because interceptors of an app may follow redirects and would send the key to another host. */
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

/** A controller that can abort a started request. */
export interface Controller {
  abort(reason: Error): void
}
