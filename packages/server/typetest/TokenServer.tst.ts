/** What the compiler holds for every server: somebody tells who is asking, and lengths have units. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as Authenticator from "@tempcred/server/Authenticator"
import type { Terms } from "@tempcred/server/IssuancePolicy"
import * as Node from "@tempcred/server/Node"
import * as TokenServer from "@tempcred/server/TokenServer"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Effect from "effect/Effect"
import type { HttpRouter } from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import { describe, expectTypeOf, it } from "vitest"

const authenticator = Authenticator.layer(() => Effect.succeed({ subject: "ana", claims: {} }))
const provider = Soniox.layerConfig

describe("a server without an authenticator does not compile", () => {
  it("as a function of web requests", () => {
    expectTypeOf(TokenServer.make).toBeCallableWith({ provider, authenticator })
    // @ts-expect-error nobody tells who is asking
    expectTypeOf(TokenServer.make).toBeCallableWith({ provider })
    // @ts-expect-error nobody tells who is asking
    expectTypeOf(TokenServer.make).toBeCallableWith({ provider, authenticator: undefined })
    // @ts-expect-error nothing is no authenticator
    expectTypeOf(TokenServer.make).toBeCallableWith({ provider, authenticator: Layer.empty })
  })

  it("in an Effect app", () => {
    const routes = TokenServer.layer()
    expectTypeOf<Layer.Services<typeof routes>>().toEqualTypeOf<
      HttpRouter | TempCredentialProvider | Authenticator.Authenticator
    >()
    expectTypeOf<Layer.Error<typeof routes>>().toEqualTypeOf<ConfigurationError>()
  })

  it("on a port", () => {
    const port = Node.layer()
    expectTypeOf<Layer.Services<typeof port>>().toEqualTypeOf<TempCredentialProvider | Authenticator.Authenticator>()
  })
})

describe("a key set", () => {
  it("goes with an audience, as it signs for others too", () => {
    const jwksUrl = "https://id.example/keys"
    expectTypeOf(Authenticator.layerJwt).toBeCallableWith({ jwksUrl, audience: "speech" })
    expectTypeOf(Authenticator.layerJwt).toBeCallableWith({ jwksUrl, audience: "any", issuer: "https://id.example" })
    expectTypeOf<{ jwksUrl: string; issuer: string }>().not.toExtend<Authenticator.JwtOptions>()
    expectTypeOf<{ jwksUrl: string; audience: undefined; issuer: string }>().not.toExtend<Authenticator.JwtOptions>()
  })
})

describe("a length of time", () => {
  it("carries its unit", () => {
    expectTypeOf<{ bodyTimeout: "5 seconds" }>().toExtend<TokenServer.Options>()
    expectTypeOf<{ bodyTimeout: 5 }>().not.toExtend<TokenServer.Options>()
    expectTypeOf<{ drainTimeout: 20 }>().not.toExtend<TokenServer.Options>()
    expectTypeOf<{ usableFor: { agent: "5 minutes" } }>().toExtend<Terms>()
    expectTypeOf<{ usableFor: { agent: 5 } }>().not.toExtend<Terms>()
  })
})
