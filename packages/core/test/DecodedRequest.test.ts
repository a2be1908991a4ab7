import * as Adapter from "@tempcred/core/Adapter"
import type { Capabilities } from "@tempcred/core/Capabilities"
import { CredentialCache } from "@tempcred/core/CredentialCache"
import * as Failover from "@tempcred/core/Failover"
import * as MintRequest from "@tempcred/core/MintRequest"
import { UnavailableError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as WarmPool from "@tempcred/core/WarmPool"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Acme from "./acme.ts"
import { vendor } from "./failover.ts"

const decode = (request: MintRequest.MintRequest) => Result.getOrThrow(MintRequest.decode(request))

/** A vendor that records the requests it receives. */
const keeping = (id: string, ...script: Parameters<typeof vendor> extends [string, ...infer S] ? S : never) => {
  const made = vendor(id, ...script)
  const requests: Array<MintRequest.MintRequest> = []
  const provider = made.provider()
  const layer = Layer.succeed(TempCredentialProvider, {
    ...provider,
    mint: (request, options) => {
      requests.push(request)
      return provider.mint(request, options)
    }
  })
  return { layer, requests }
}

describe("a decoded request", () => {
  it("is not decoded again", () => {
    const request = decode({ purpose: "stt.realtime", ttl: "60 seconds" })
    assert.strictEqual(decode(request), request)
  })

  it("is not affected if the app changes its session object later", () => {
    const config = { model: "one", nested: { language: "en" } }
    const request = decode({ purpose: "stt.realtime", session: { config } })
    config.nested.language = "de"
    assert.deepStrictEqual(request.session?.config, { model: "one", nested: { language: "en" } })
  })

  it("has the same scope key as an equal request", () => {
    const one = decode({ purpose: "stt.realtime", ttl: "60 seconds", singleUse: false, subject: "user-1" })
    const other = decode({ subject: "user-1", ttl: Duration.minutes(1), purpose: "stt.realtime" })
    assert.strictEqual(one.scopeKey, other.scopeKey)
    assert.notStrictEqual(one.scopeKey, decode({ purpose: "stt.realtime", subject: "user-1" }).scopeKey)
  })

  it("reads the capabilities of each vendor once", () => {
    let reads = 0
    const counted: Capabilities = {
      get "stt.realtime"() {
        reads += 1
        return Acme.capabilities["stt.realtime"]
      }
    }
    const request = decode({ purpose: "stt.realtime", ttl: "60 seconds" })
    const first = request.resolve(counted)
    const readsOfOne = reads
    assert.deepStrictEqual(request.resolve(counted), first)
    assert.strictEqual(reads, readsOfOne)
    assert.isTrue(Result.isFailure(request.resolve({ agent: Acme.capabilities["stt.realtime"] })))
    assert.deepStrictEqual(request.resolve(counted), first)
  })

  it("uses the default region of each provider that resolves it", () => {
    const request = decode({ purpose: "stt.realtime" })
    const regionOf = (region?: string) => Result.getOrThrow(request.resolve(Acme.capabilities, region)).region
    assert.deepStrictEqual([regionOf(), regionOf("eu"), regionOf("us"), regionOf()], [undefined, "eu", "us", undefined])
  })

  it.effect("is passed as the same object through all wrappers to each vendor", () =>
    Effect.gen(function* () {
      const down = keeping("one", new UnavailableError({ status: 503 }))
      const up = keeping("two", "minted")
      const stack = CredentialCache.layer().pipe(
        Layer.provide(WarmPool.layer()),
        Layer.provide(Failover.layer([down.layer, up.layer]))
      )
      const request = { purpose: "stt.realtime", subject: "user-1" } as const
      yield* TempCredentialProvider.use((provider) => provider.mint(request)).pipe(Effect.provide(stack))
      const [first] = down.requests
      assert.instanceOf(first, MintRequest.DecodedRequest)
      assert.deepStrictEqual(
        up.requests.map((one) => one === first),
        [true]
      )
    })
  )

  it.effect("is passed to an adapter as context.asked", () =>
    Effect.gen(function* () {
      const request = decode({ purpose: "stt.realtime", ttl: "60 seconds" })
      const asked: Array<unknown> = []
      const { call, capabilities, credential, dialect, response } = Acme.spec()
      const acme = Adapter.make({
        id: "acme",
        options: { apiKey: Adapter.key("ACME_API_KEY") },
        capabilities,
        call: (resolved, context) => {
          asked.push(context.asked)
          return call(resolved)
        },
        response,
        credential,
        dialect
      }).layer({ apiKey: Redacted.make(Acme.key) })
      yield* TempCredentialProvider.use((provider) => provider.mint(request)).pipe(
        Effect.provide(Layer.provide(acme, Acme.vendor(Acme.ok).layer))
      )
      assert.strictEqual(asked[0], request)
    })
  )
})

describe("a request that equals an earlier one", () => {
  const decoded = (request: unknown) => Result.getOrThrow(MintRequest.decode(request))
  const refused = (request: unknown) => Result.getOrThrow(Result.flip(MintRequest.decode(request))).message

  it("has the same fields, with its own subject", () => {
    const request = { purpose: "stt.realtime", ttl: "61 seconds" }
    const fields = { ...decoded({ ...request, subject: "u1" }) }
    for (const subject of [undefined, "u1", "u2"]) {
      assert.deepStrictEqual({ ...decoded({ ...request, subject }) }, { ...fields, subject })
    }
  })

  it("is rejected for an invalid subject with the same error", () => {
    const request = { purpose: "stt.realtime", ttl: "62 seconds" }
    const first = refused({ ...request, subject: "" })
    decoded(request)
    for (const subject of ["", 1, null, "\ud800"]) assert.strictEqual(refused({ ...request, subject }), first)
  })

  it("is still rejected for an unknown field", () => {
    decoded({ purpose: "stt.realtime", region: "eu" })
    assert.match(refused({ "purpose:12:stt.realtime;region": "eu" }), /is not a field/)
    assert.match(refused({ purpose: "stt.realtime", region: "eu", colour: undefined }), /colour/)
    assert.match(refused({ purpose: "stt.realtime", region: "eu", __proto__: { subject: 1 } }), /subject/)
  })

  it("is distinguished from one with other types or values", () => {
    decoded({ purpose: "stt.realtime", singleUse: true })
    assert.match(refused({ purpose: "stt.realtime", singleUse: "true" }), /singleUse/)
    assert.isUndefined(decoded({ purpose: "stt.realtime" }).singleUse)
    const one = decoded({ purpose: "stt.realtime", region: "a", exposure: "server" })
    const other = decoded({ purpose: "stt.realtime", region: "a;exposure:6:server" })
    assert.deepStrictEqual([one.exposure, other.exposure], ["server", undefined])
  })
})
