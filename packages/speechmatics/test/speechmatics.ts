/** Speechmatics' adapter before its emulator, which stands still at noon. */
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import type { LogEntry } from "@tempcred/emulator/Emulator"
import * as Emulator from "@tempcred/emulator/Speechmatics"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import { type Changes, trial } from "@tempcred/testing/Contract"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

export const noon = Date.UTC(2026, 10, 21, 12)

export const key = "key-of-speechmatics"

interface Setting extends Changes {
  readonly emulator?: Emulator.Options
}

const subject = (adapter: typeof Speechmatics.adapter, { emulator, ...changes }: Setting) =>
  trial(
    {
      adapter,
      emulator: () => Emulator.make({ apiKey: key, clock: { now: () => noon, after: () => () => {} }, ...emulator }),
      mintRoute: Emulator.mintRoute,
      request: { purpose: "stt.realtime" }
    },
    changes
  )

/** The adapter with these options. */
export const withOptions = (options: Partial<Speechmatics.Options> = {}, setting: Setting = {}) => {
  const layerConfig = Speechmatics.layer({ apiKey: Redacted.make(key), ...options })
  return subject({ ...Speechmatics.adapter, layerConfig }, setting)
}

/** The adapter with these environment variables, changed from those that point at the emulator. */
export const withEnv = (env: Readonly<Record<string, string | undefined>>) => subject(Speechmatics.adapter, { env })

/** Why a call failed. */
export const reasonOf = (calling: Effect.Effect<unknown, unknown>) =>
  Effect.map(Effect.flip(calling), (error) => {
    assert.instanceOf(error, TempCredentialError)
    return error.reason
  })

export type Body = Readonly<Record<string, unknown>>

/** What arrived at the vendor: where, with which key, and the body. */
export const arrived = (log: ReadonlyArray<LogEntry>) =>
  log.map(({ body, headers, method, url }) => {
    const sent: Body | undefined = body === "" ? undefined : JSON.parse(body)
    return { call: `${method} ${url}`, key: headers["authorization"], body: sent }
  })
