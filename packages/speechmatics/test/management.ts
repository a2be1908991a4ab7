/** The management API before an emulator that takes tokens for it, and API keys for mints. */
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import { layer as layerTransport } from "@tempcred/core/HttpClientTransport"
import * as Emulator from "@tempcred/emulator/Speechmatics"
import { ManagementApi } from "@tempcred/speechmatics/ManagementApi"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export const workspace = (options: Emulator.Options = {}, given?: string) => {
  const emulator = Emulator.make({ strictCredentials: true, ...options })
  const below = Layer.mergeAll(
    layerTransport.pipe(Layer.provide(EmulatorHttpClient.layer(emulator))),
    Layer.orDie(RetryPolicy.layer({ attempts: 3, base: Duration.millis(1) }))
  )
  const token = Redacted.make(given ?? emulator.managementToken)
  return {
    emulator,
    /** What a provider or another API stands on: the emulator, and three tries. */
    below,
    /** Runs a program with the API; a failed call is tried three times, where it may be. */
    run: <A, E>(program: Effect.Effect<A, E, ManagementApi>) =>
      Effect.provide(program, Layer.provide(ManagementApi.layer({ token }), below)),
    /** Makes projects as the vendor's portal does. */
    addProjects: (count: number) =>
      Effect.promise(async () => {
        for (let number = 1; number <= count; number += 1) {
          const body = JSON.stringify({ name: `Project ${number}`, description: "Calls of one customer. ".repeat(10) })
          const headers = { authorization: `Bearer ${emulator.managementToken}`, "content-type": "application/json" }
          await emulator.handle(new Request(`${origin}/v1/projects`, { method: "POST", headers, body }))
        }
      })
  }
}

export const origin = "https://mp.api.speechmatics.com"
