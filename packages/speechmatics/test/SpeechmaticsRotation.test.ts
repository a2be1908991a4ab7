/** A long-lived key is replaced at the vendor while mints go on, and no mint fails. */
import type { Event } from "@tempcred/core/Events"
import * as Events from "@tempcred/core/Events"
import * as KeySource from "@tempcred/core/KeySource"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { ManagementApi } from "@tempcred/speechmatics/ManagementApi"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import { workspace } from "./management.ts"

it.live("a key is created, used beside the old one, and the old one revoked", () =>
  Effect.gen(function* () {
    const { below, emulator, run } = workspace()
    const events: Array<Event> = []
    const api = yield* run(ManagementApi)
    const first = yield* api.createPermanentKey({ name: "backend 2026" })
    const keys = yield* Ref.make<ReadonlyArray<Redacted.Redacted>>([first.key])
    const apiKey = KeySource.fromEffect(Ref.get(keys), { account: "backend" })
    const provider = Speechmatics.layer({ apiKey }).pipe(
      Layer.provide(below),
      Layer.provide(Events.layer((event) => Effect.sync(() => event._tag.startsWith("Mint") || events.push(event))))
    )
    yield* Effect.gen(function* () {
      const { account, mint } = yield* TempCredentialProvider
      const minting = Effect.all(
        Array.from({ length: 20 }, () => mint({ purpose: "stt.realtime" })),
        { concurrency: "unbounded" }
      )
      const before = yield* account
      yield* minting

      const second = yield* api.createPermanentKey({ name: "backend 2027" })
      yield* Ref.set(keys, [second.key, first.key])
      yield* minting
      yield* Effect.all([minting, api.revokeKey(first.id)], { concurrency: "unbounded" })
      yield* minting
      yield* Ref.set(keys, [second.key])
      yield* minting

      assert.strictEqual(yield* account, before)
      const used = emulator.log.flatMap(({ headers, url }) =>
        url.includes("/v1/api_keys") ? headers["authorization"] : []
      )
      assert.deepStrictEqual(
        [used.length, used[0], used.at(-1)],
        [100, `Bearer ${Redacted.value(first.key)}`, `Bearer ${Redacted.value(second.key)}`]
      )
    }).pipe(Effect.provide(provider))
    assert.deepStrictEqual(
      events.map((event) => event._tag),
      ["KeysReloaded", "KeysReloaded"]
    )
  })
)

it.live("a mint uses the new key if the old one is revoked before the source is read again", () =>
  Effect.gen(function* () {
    const { below, run } = workspace()
    const events: Array<Event> = []
    const api = yield* run(ManagementApi)
    const [first, second] = [
      yield* api.createPermanentKey({ name: "one" }),
      yield* api.createPermanentKey({ name: "two" })
    ]
    const provider = Speechmatics.layer({ apiKey: KeySource.fixed([first.key, second.key]) }).pipe(
      Layer.provide(below),
      Layer.provide(Events.layer((event) => Effect.sync(() => event._tag.startsWith("Mint") || events.push(event))))
    )
    yield* Effect.gen(function* () {
      const { mint } = yield* TempCredentialProvider
      yield* mint({ purpose: "stt.realtime" })
      yield* api.revokeKey(first.id)
      yield* mint({ purpose: "stt.realtime" })
      yield* mint({ purpose: "tts.batch" })
    }).pipe(Effect.provide(provider))
    assert.deepStrictEqual(
      events.map((event) => event._tag),
      ["KeyRefused"]
    )
  })
)
