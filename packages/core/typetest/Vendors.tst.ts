/** Vendors that have no adapter yet fit the types as they are, without a cast. */
import * as Adapter from "@tempcred/core/Adapter"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { describe, expectTypeOf, it } from "vitest"
import { assumedRole, azure, cartesia, gladia, livekit, presigned } from "./vendors.ts"

describe("an adapter's spec", () => {
  it("holds Azure Speech: a text answer", () => {
    expectTypeOf(azure.call).returns.toHaveProperty("answer")
    expectTypeOf(Adapter.make(azure)).toEqualTypeOf<Adapter.Making>()
  })

  it("holds Gladia: a credential that is a URL", () => {
    expectTypeOf(gladia.credential).returns.extract<Adapter.Minted>().toHaveProperty("connections")
    expectTypeOf(Adapter.make(gladia)).toEqualTypeOf<Adapter.Making>()
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
