/** Soniox's adapter before its emulator, which stands still at noon and has a key for each region. */
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import type { LogEntry } from "@tempcred/emulator/Emulator"
import * as Emulator from "@tempcred/emulator/Soniox"
import * as Soniox from "@tempcred/soniox/Soniox"
import { type Changes, trial } from "@tempcred/testing/Contract"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

export const noon = Date.UTC(2026, 10, 21, 12)

export const keys = { us: "key-of-us", eu: "key-of-eu", jp: "key-of-jp", in: "key-of-in", au1: "key-of-au1" }

export const key = (region: keyof typeof keys) => Redacted.make(keys[region])

interface Setting extends Changes {
  readonly emulator?: Emulator.Options
}

/** The emulator takes hosts that it does not know for those of `au1`, a region that Soniox might add. */
const subject = (adapter: typeof Soniox.adapter, { emulator, ...changes }: Setting) =>
  trial(
    {
      adapter,
      emulator: () =>
        Emulator.make({ apiKeys: keys, region: "au1", clock: { now: () => noon, after: () => () => {} }, ...emulator }),
      mintRoute: Emulator.mintRoute,
      request: { purpose: "stt.realtime" }
    },
    changes
  )

/** The adapter with these options; the key is that of the region. */
export const withOptions = (options: Partial<Soniox.Options> = {}, setting: Setting = {}) =>
  subject({ ...Soniox.adapter, layerConfig: Soniox.layer({ apiKey: key("us"), ...options }) }, setting)

/** The adapter with these environment variables, changed from those that point at the emulator. */
export const withEnv = (env: Readonly<Record<string, string | undefined>>) => subject(Soniox.adapter, { env })

/** Why a mint failed. */
export const reasonOf = (minting: Effect.Effect<unknown, unknown>) =>
  Effect.map(Effect.flip(minting), (error) => {
    assert.instanceOf(error, TempCredentialError)
    return error.reason
  })

/** What arrived at the vendor: where, with which key, and the body. */
export const arrived = (log: ReadonlyArray<LogEntry>) =>
  log.map(({ body, headers, method, url }) => {
    const sent: unknown = JSON.parse(body)
    return { call: `${method} ${url}`, key: headers["authorization"], body: sent }
  })
