/** Types of Bun and Deno for the examples and guides. An app has them from `@types/bun`, or from Deno itself. */
declare const Bun: {
  readonly serve: (options: {
    readonly port?: number
    readonly fetch?: (request: Request) => Promise<Response>
    readonly routes?: Readonly<Record<string, { readonly POST: (request: Request) => Promise<Response> }>>
  }) => {
    readonly url: URL
    readonly stop: () => Promise<void>
  }
}

declare const Deno: {
  readonly env: { readonly get: (name: string) => string | undefined }
  readonly serve: (
    options: { readonly port: number },
    handler: (request: Request) => Promise<Response> | Response
  ) => { readonly shutdown: () => Promise<void> }
  readonly addSignalListener: (signal: "SIGTERM", listener: () => void) => void
}
