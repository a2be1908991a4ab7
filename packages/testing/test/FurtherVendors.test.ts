/** Vendors without an adapter: credentials that are signed here, forms, and keys of several parts. */
import { assert, describe, it } from "@effect/vitest"
import * as Events from "@tempcred/core/Events"
import * as KeySource from "@tempcred/core/KeySource"
import type { TempCredential } from "@tempcred/core/TempCredential"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import { contract } from "@tempcred/testing/Contract"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import * as Hume from "./hume.ts"
import * as LiveKit from "./livekit.ts"
import { hmac } from "./signatures.ts"
import * as Transcribe from "./transcribe.ts"

contract("AWS Transcribe, presigned", Transcribe.subject)
contract("LiveKit", LiveKit.subject)
contract("Hume", Hume.subject)

const mint = TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime", ...signed }))

const signed = {
  ttl: "5 minutes",
  session: { config: { "language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16_000 } }
} as const

const credentials = {
  accessKeyId: Redacted.make("AKIDEXAMPLE"),
  secretAccessKey: Redacted.make("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
}

const temporary = {
  ...credentials,
  accessKeyId: Redacted.make("ASIAEXAMPLE"),
  sessionToken: Redacted.make("FwoGZXIvYXdz+TOKEN/EXAMPLE==")
}

/** Recomputed with `@smithy/signature-v4` 5.7.5. */
const vectors = [
  ["a key of two parts", credentials, "df6c59a387c5e86a158e36fe7eda432e4884f1bf8ea722ddb6dedfb1ee52d5a4"],
  ["a temporary key of three", temporary, "ac03afa9afc8a8f5b3dc90387e9b2cda8bcfe164689ca66f3cf496b3eac9ab29"]
] as const

const noon = Date.UTC(2026, 10, 30, 12)

describe("AWS Transcribe", () => {
  it.effect.each(vectors)("signs as AWS's own client does, with %s", ([, given, signature]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon + 700)
      const { expiresAt, expirySource, sessionLock, token } = yield* mint
      assert.strictEqual(new URL(Redacted.value(token)).searchParams.get("X-Amz-Signature"), signature)
      assert.strictEqual(expiresAt.epochMilliseconds, noon + 300_000)
      assert.deepInclude({ expirySource, sessionLock }, { expirySource: "request", sessionLock: "all" })
    }).pipe(Effect.provide(Layer.provide(Transcribe.adapter.layer({ credentials: given }), Transport.layerFetch)))
  )

  it.effect("names each part of a key that is missing", () =>
    Effect.gen(function* () {
      const secretAccessKey = Redacted.make(" ")
      const layer = Transcribe.adapter.layer({ credentials: { ...credentials, secretAccessKey } })
      const { message } = yield* Effect.flip(Effect.provide(mint, Layer.provide(layer, Transport.layerFetch)))
      assert.match(message, /^AWS_SECRET_ACCESS_KEY \(credentials\.secretAccessKey\) is empty/)
    })
  )

  it.effect("reads its key before each mint, and tells of a new one", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      let current = KeySource.join(credentials)
      const source = KeySource.fromEffect(Effect.sync(() => current))
      const layer = Transcribe.adapter
        .layer({ credentials: source })
        .pipe(Layer.provide(Events.layer(({ _tag }) => Effect.sync(() => void events.push(_tag)))))
      yield* Effect.gen(function* () {
        assert.include(Redacted.value((yield* mint).token), "AKIDEXAMPLE")
        current = KeySource.join(temporary)
        assert.include(Redacted.value((yield* mint).token), "ASIAEXAMPLE")
      }).pipe(Effect.provide(Layer.provide(layer, Transport.layerFetch)))
      assert.deepStrictEqual(events, ["Minted", "KeysReloaded", "Minted"])
    })
  )
})

describe("a key of several parts in files", () => {
  const held = new Map<string, string>()
  const files = FileSystem.layerNoop({ readFileString: (path) => Effect.sync(() => held.get(path) ?? "") })
  const env = { LIVEKIT_API_KEY_FILE: "/id", LIVEKIT_API_SECRET_FILE: "/secret", LIVEKIT_URL: "wss://a.livekit.cloud" }
  const layer = LiveKit.adapter.layerConfig.pipe(
    Layer.provide([files, Transport.layerFetch, ConfigProvider.layer(ConfigProvider.fromEnv({ env }))])
  )
  const minting = TempCredentialProvider.use((provider) => provider.mint({ purpose: "realtime", subject: "ana" }))
  const issuerOf = ({ token }: TempCredential) =>
    JSON.parse(Result.getOrThrow(Base64Url.decodeString(Redacted.value(token).split(".")[1] ?? ""))).iss

  it.effect("is read again, and stays in use while the files disagree", () =>
    Effect.gen(function* () {
      held.set("/id", "APIold\n").set("/secret", "old-secret\n")
      yield* Effect.gen(function* () {
        assert.strictEqual(issuerOf(yield* minting), "APIold")
        held.set("/id", "APInew\nAPIold\n")
        assert.strictEqual(issuerOf(yield* minting), "APIold")
        held.set("/secret", "new-secret\nold-secret\n")
        assert.strictEqual(issuerOf(yield* minting), "APInew")
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("fails with the variables of all files that hold no key", () =>
    Effect.gen(function* () {
      held.set("/id", "").set("/secret", "two words")
      const { message } = yield* Effect.flip(Effect.provide(minting, layer))
      assert.match(
        message,
        /^LIVEKIT_API_KEY_FILE names a file that holds no key; LIVEKIT_API_SECRET_FILE names a file that /
      )
    })
  )
})

it.effect("LiveKit's token is a JWT that its secret verifies", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(noon)
    const keys = { apiKey: Redacted.make("APIexample"), apiSecret: Redacted.make("livekits-secret") }
    const layer = LiveKit.adapter.layer({ keys, url: "wss://project.livekit.cloud" })
    const minting = TempCredentialProvider.use((provider) => provider.mint({ purpose: "realtime", subject: "ana" }))
    const { expiresAt, expirySource, token } = yield* minting.pipe(
      Effect.provide(Layer.provide(layer, Transport.layerFetch))
    )
    const [head = "", claims = "", signature] = Redacted.value(token).split(".")
    assert.strictEqual(Base64Url.encode(yield* hmac("livekits-secret", `${head}.${claims}`)), signature)
    assert.deepStrictEqual(JSON.parse(Result.getOrThrow(Base64Url.decodeString(claims))), {
      video: { roomJoin: true },
      iss: "APIexample",
      exp: noon / 1000 + 21_600,
      nbf: noon / 1000,
      sub: "ana"
    })
    assert.deepStrictEqual([expirySource, expiresAt.epochMilliseconds], ["jwt", noon + 21_600_000])
  })
)
