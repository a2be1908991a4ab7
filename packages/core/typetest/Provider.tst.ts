/** The types of minting: no requirements, one error, units in every duration, nine reasons. */
import type * as MintRequest from "@tempcred/core/MintRequest"
import type { TempCredential } from "@tempcred/core/TempCredential"
import type { Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Match from "effect/Match"
import { describe, expectTypeOf, it } from "vitest"

type Mint = ReturnType<TempCredentialProvider["Service"]["mint"]>

type Tag =
  | "InvalidRequestError"
  | "UnsupportedError"
  | "AuthenticationError"
  | "PermissionError"
  | "QuotaError"
  | "RateLimitError"
  | "UnavailableError"
  | "TransportError"
  | "InvalidResponseError"

describe("mint", () => {
  it("succeeds with a credential", () => {
    expectTypeOf<Effect.Success<Mint>>().toEqualTypeOf<TempCredential>()
  })

  it("fails with one error", () => {
    expectTypeOf<Effect.Error<Mint>>().toEqualTypeOf<TempCredentialError>()
  })

  it("requires nothing", () => {
    expectTypeOf<Effect.Services<Mint>>().toEqualTypeOf<never>()
  })
})

describe("a duration", () => {
  it("includes its unit", () => {
    expectTypeOf<"60 seconds">().toExtend<MintRequest.Length>()
    expectTypeOf(Duration.seconds(60)).toExtend<MintRequest.Length>()
  })

  it("is not a bare number", () => {
    expectTypeOf<60>().not.toExtend<MintRequest.MintRequest["ttl"]>()
    expectTypeOf<60>().not.toExtend<MintRequest.MintRequest["maxSession"]>()
    // @ts-expect-error nobody can see whether 60 means seconds
    expectTypeOf({ purpose: "stt.realtime", ttl: 60 } satisfies MintRequest.MintRequest)
  })
})

describe("a reason", () => {
  it("is one of nine", () => {
    expectTypeOf<Reason["_tag"]>().toEqualTypeOf<Tag>()
  })

  it("can be matched exhaustively", () => {
    const status = Match.type<Reason>().pipe(
      Match.tagsExhaustive({
        InvalidRequestError: () => 400,
        UnsupportedError: () => 400,
        AuthenticationError: () => 500,
        PermissionError: () => 500,
        QuotaError: () => 503,
        RateLimitError: () => 503,
        UnavailableError: () => 503,
        TransportError: () => 504,
        InvalidResponseError: () => 502
      })
    )
    expectTypeOf(status).toEqualTypeOf<(reason: Reason) => number>()
  })

  it("needs no default in a switch over all nine", () => {
    const isOurs = (reason: Reason): boolean => {
      switch (reason._tag) {
        case "InvalidRequestError":
        case "UnsupportedError":
          return true
        case "AuthenticationError":
        case "PermissionError":
        case "QuotaError":
        case "RateLimitError":
        case "UnavailableError":
        case "TransportError":
        case "InvalidResponseError":
          return false
      }
    }
    expectTypeOf(isOurs).returns.toEqualTypeOf<boolean>()
  })
})
