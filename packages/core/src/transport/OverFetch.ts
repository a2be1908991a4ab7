/** The transport over the platform's `fetch`. It is the default on runtimes other than Node. */
import * as Layer from "effect/Layer"
import type { Exchange } from "./Exchange.ts"
import { fetchOptions } from "./FetchOptions.ts"
import { isUsedByFetch, unusedProxy } from "./Proxy.ts"
import { make, Transport } from "./Service.ts"

/** Provides the transport over the platform's `fetch`. */
export const layer: Layer.Layer<Transport> = Layer.sync(Transport, () =>
  make(
    through((...request) => fetch(...request)),
    noteOfFetch
  )
)

/** Provides the transport over a function with the signature of `fetch`. */
export const layerOf = (own: typeof fetch): Layer.Layer<Transport> => Layer.sync(Transport, () => make(through(own)))

const noteOfFetch = (url: URL): string | undefined => {
  const note = unusedProxy(url, "set NODE_USE_ENV_PROXY=1 too, so that Node's fetch uses it, or use Transport.layer")
  return note === undefined || isUsedByFetch() ? undefined : note
}

const through = (send: typeof fetch): Exchange => {
  const options = fetchOptions()
  return ({ body, headers, method, url }, receiver) => {
    const leaving = new AbortController()
    const leave = () => leaving.abort()
    const read = async () => {
      const response = await send(url, { ...options, method, headers, body: body ?? null, signal: leaving.signal })
      // `fetch` has already decompressed the body.
      const { "content-encoding": _, ...told } = Object.fromEntries(response.headers)
      if (!receiver.begin(response.status, told)) return leave()
      const reader = response.body?.getReader()
      for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
        if (!receiver.piece(next.value)) return leave()
      }
      receiver.end()
    }
    read().catch(receiver.fail)
    return leave
  }
}
