/** The page, served by Vite. Requests for the backend are proxied, so that the page has one origin. */
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { createServer } from "vite"

export interface Options {
  /** The port; if it is in use, the next free one. @default 4810 */
  readonly port?: number
  /** The log level of Vite. @default "warn" */
  readonly logLevel?: "warn" | "silent"
  /** Reloads the page when its files change. @default true */
  readonly watch?: boolean
}

/** Serves the page until the scope closes, and returns its URL. */
export const serve = Effect.fnUntraced(function* (
  backend: string,
  vendors: ReadonlyArray<{ readonly id: string }>,
  { logLevel = "warn", port = 4810, watch = true }: Options = {}
) {
  const paths = ["demo", ...vendors.map(({ id }) => id)]
  const server = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const vite = await createServer({
        configFile: false,
        root: join(import.meta.dirname, "../page"),
        cacheDir: join(import.meta.dirname, "../node_modules/.vite"),
        logLevel,
        optimizeDeps: { noDiscovery: true },
        server: {
          host: "127.0.0.1",
          port,
          watch: watch ? {} : null,
          proxy: Object.fromEntries(paths.map((path) => [`/${path}/`, backend])),
          warmup: { clientFiles: ["./page.ts", "./capture.worklet.ts"] }
        }
      })
      return vite.listen()
    }),
    (vite) => Effect.promise(() => vite.close())
  )
  return server.resolvedUrls?.local[0] ?? ""
})
