/** AssemblyAI's adapter before its emulator, which stands still at noon. */
import * as AssemblyAi from "@tempcred/assemblyai/AssemblyAi"
import { TempCredentialError } from "@tempcred/core/TempCredentialError"
import * as Emulator from "@tempcred/emulator/AssemblyAi"
import type { LogEntry } from "@tempcred/emulator/Emulator"
import { type Changes, trial } from "@tempcred/testing/Contract"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

export const noon = Date.UTC(2026, 10, 21, 12)

export const key = "key-of-assemblyai"

const subject = (adapter: typeof AssemblyAi.adapter, changes: Changes) =>
  trial(
    {
      adapter,
      emulator: () => Emulator.make({ apiKey: key, clock: { now: () => noon, after: () => () => {} } }),
      mintRoute: Emulator.mintRoute,
      request: { purpose: "stt.realtime" }
    },
    changes
  )

/** The adapter with these options. */
export const withOptions = (options: Partial<AssemblyAi.Options> = {}, changes: Changes = {}) => {
  const layerConfig = AssemblyAi.layer({ apiKey: Redacted.make(key), ...options })
  return subject({ ...AssemblyAi.adapter, layerConfig }, changes)
}

/** The adapter with these environment variables, changed from those that point at the emulator. */
export const withEnv = (env: Readonly<Record<string, string | undefined>>) => subject(AssemblyAi.adapter, { env })

/** Why a mint failed. */
export const reasonOf = (minting: Effect.Effect<unknown, unknown>) =>
  Effect.map(Effect.flip(minting), (error) => {
    assert.instanceOf(error, TempCredentialError)
    return error.reason
  })

/** What arrived at the vendor: where, with which key, and the body. */
export const arrived = (log: ReadonlyArray<LogEntry>) =>
  log.map(({ body, headers, method, url }) => ({ call: `${method} ${url}`, key: headers["authorization"], body }))
