/** The page, served by Vite. Requests for the backend are proxied, so that the page has one origin. */
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

export interface Page {
  readonly url: string
  readonly close: () => Promise<void>
}

/** Serves the page. */
export const serve = async (
  backend: string,
  { logLevel = "warn", port = 4810, watch = true }: Options = {}
): Promise<Page> => {
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
      proxy: { "/demo/": backend, "/speech-token/": backend },
      warmup: { clientFiles: ["./page.ts", "./capture.worklet.ts"] }
    }
  })
  await vite.listen()
  return { url: vite.resolvedUrls?.local[0] ?? "", close: () => vite.close() }
}
