/**
 * Mounts emulators as an Effect `HttpClient`: no socket, no port. A request goes to the emulator whose vendor's host it names, else to the
 * first.
 *
 * @since 0.1.0
 */
import type { Emulator } from "@tempcred/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
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
 * Provides the client.
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
      return Effect.tryPromise({
        try: () => emulator.handle(toWeb(request, url, signal)),
        catch: (cause) =>
          new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
      }).pipe(Effect.map((response) => HttpClientResponse.fromWeb(request, response)))
    })
  )

const toWeb = (request: HttpClientRequest.HttpClientRequest, url: URL, signal: AbortSignal): Request =>
  new Request(url, {
    method: request.method,
    headers: request.headers,
    body: request.body._tag === "Uint8Array" ? new Uint8Array(request.body.body) : null,
    signal
  })
