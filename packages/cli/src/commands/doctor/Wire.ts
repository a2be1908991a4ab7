/** A transport that tells where a mint would go before anything is sent, and keeps the last answer, for its date. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import { InvalidResponseError } from "@tempcred/core/TempCredentialError"
import { type Answer, Transport } from "@tempcred/core/Transport"
import * as NodeTransport from "@tempcred/node/NodeTransport"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** The transport, and what it saw. */
export interface Wire {
  /** Sends nothing until `connect`, and then as `tempcred serve` does. */
  readonly layer: Layer.Layer<Transport, ConfigurationError>
  readonly connect: Effect.Effect<void>
  /** Where the last request went, or would have gone. */
  readonly target: () => URL | undefined
  readonly answer: () => Answer | undefined
}

/** Makes a wire that is not connected. */
export const make = (): Wire => {
  let connected = false
  let target: URL | undefined
  let answer: Answer | undefined
  const layer = Layer.effect(
    Transport,
    Transport.useSync(({ send }) => ({
      send: (request) => {
        target = request.url
        if (!connected) return new InvalidResponseError({ detail: "nothing was sent" })
        return Effect.tap(send(request), (received) =>
          Effect.sync(() => {
            answer = received
          })
        )
      }
    }))
  )
  return {
    layer: Layer.provide(layer, NodeTransport.layer),
    connect: Effect.sync(() => {
      connected = true
    }),
    target: () => target,
    answer: () => answer
  }
}
