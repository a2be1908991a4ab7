/**
 * A page that shows the endpoint's API, beside its routes: three megabytes of it, which is why the page is a module of its own. Node's port has it; an app that
 * mounts the routes adds it.
 *
 * ```ts
 * import * as Docs from "@tempcred/server/Docs"
 * import * as HttpRouter from "effect/http/HttpRouter"
 *
 * const app = HttpRouter.toWebHandler(Docs.layer({ prefix: "/api/speech" }), { disableLogger: true })
 * const page = await app.handler(new Request("https://app.example/api/speech/docs"))
 * console.log(page.headers.get("content-type")) // => text/html
 * await app.dispose()
 * ```
 *
 * @since 0.1.0
 */
import * as HttpApiScalar from "effect/http-api/HttpApiScalar"
import type { HttpRouter } from "effect/http/HttpRouter"
import type * as Layer from "effect/Layer"
import * as Api from "./token-server/Api.ts"
import type { Options } from "./TokenServer.ts"

/**
 * Serves the page at `/docs`, after the same prefix as the endpoint's own paths.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = ({ prefix = "/" }: Pick<Options, "prefix"> = {}): Layer.Layer<never, never, HttpRouter> =>
  HttpApiScalar.layer(Api.make(prefix), { path: prefix === "/" ? "/docs" : `${prefix}/docs` })
