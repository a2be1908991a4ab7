/** Vendors that have no adapter yet fit the types as they are, without a cast. */
import type { Minted } from "@tempcred/core/Adapter"
import * as Provider from "../src/adapter/Provider.ts"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import type { Transport } from "@tempcred/core/Transport"
import type * as Effect from "effect/Effect"
import { describe, expectTypeOf, it } from "vitest"
import { assumedRole, azure, cartesia, gladia, livekit, presigned } from "./vendors.ts"

describe("an adapter's spec", () => {
  it("holds Azure Speech: a text answer", () => {
    expectTypeOf(azure.call).returns.toHaveProperty("answer")
    expectTypeOf(Provider.make(azure)).toExtend<Effect.Effect<TempCredentialProvider["Service"], unknown, Transport>>()
  })

  it("holds Gladia: a credential that is a URL", () => {
    expectTypeOf(gladia.credential).returns.extract<Minted>().toHaveProperty("connections")
    expectTypeOf(Provider.make(gladia)).toExtend<Effect.Effect<TempCredentialProvider["Service"], unknown, Transport>>()
  })

  it("holds Cartesia: a set of grants", () => {
    expectTypeOf(cartesia.capabilities).toHaveProperty("agent")
    expectTypeOf(cartesia.call).parameter(0).toHaveProperty("purpose").toEqualTypeOf<"tts.realtime" | "agent">()
  })
})

describe("a provider", () => {
  it("holds AWS Transcribe, presigned and by a role, and LiveKit", () => {
    for (const provider of [presigned, assumedRole, livekit]) {
      expectTypeOf(provider).toEqualTypeOf<TempCredentialProvider["Service"]>()
    }
  })
})
