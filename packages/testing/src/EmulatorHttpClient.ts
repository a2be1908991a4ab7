/**
 * Mounts emulators as an Effect `HttpClient`, without sockets or ports. A request goes to the emulator of its host, or else to the first
 * emulator.
 *
 * ```ts
 * import * as Soniox from "@tempcred/emulator/Soniox"
 * import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
 * import * as Effect from "effect/Effect"
 * import * as HttpClient from "effect/http/HttpClient"
 *
 * const emulator = Soniox.make()
 * const program = HttpClient.post("https://api.soniox.com/v1/auth/temporary-api-key")
 * const response = await Effect.runPromise(Effect.provide(program, EmulatorHttpClient.layer(emulator)))
 * console.log(response.status) // => 401
 * console.log(emulator.log[0]?.route) // => POST /v1/auth/temporary-api-key
 * ```
 *
 * @since 0.1.0
 */

import type { Emulator } from "@tempcred/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"

/**
 * The part of an emulator that answers HTTP.
 *
 * @category models
 * @since 0.1.0
 */
export type Mountable = Pick<Emulator, "hosts" | "handle">

/**
 * Provides the client. A dropped connection is the client's `TransportError`. Redirects are not followed.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  ...emulators: readonly [Mountable, ...ReadonlyArray<Mountable>]
): Layer.Layer<HttpClient.HttpClient> =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url, signal) => {
      const emulator = emulators.find((one) => Object.hasOwn(one.hosts, url.hostname)) ?? emulators[0]
      return HttpClientRequest.toWeb(request, { signal }).pipe(
        Effect.flatMap((sent) =>
          Effect.tryPromise({ try: () => emulator.handle(sent), catch: (cause) => ({ cause }) })
        ),
        Effect.mapError(({ cause }) => {
          const reason = new HttpClientError.TransportError({ request, cause })
          return new HttpClientError.HttpClientError({ reason })
        }),
        Effect.map((response) => HttpClientResponse.fromWeb(request, response))
      )
    })
  )
