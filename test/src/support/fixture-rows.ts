/** The expectations of a fixture: the adapter's result, and the emulator's calls that produce the same response. */
import type { ProviderLayer } from "@tempcred/core/Adapter"
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { MintRequest } from "@tempcred/core/MintRequest"
import { TempCredential } from "@tempcred/core/TempCredential"
import type { Issue, Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import type { Transport } from "@tempcred/core/Transport"
import type { Emulator } from "@tempcred/emulator/Emulator"
import * as Effect from "effect/Effect"

export type Call = Effect.Effect<unknown, TempCredentialError | ConfigurationError, Transport>

/** Makes the emulator's own response. */
export type Answer = () => Promise<Response>

/** The vendor's code and message in a reason. */
interface Told {
  readonly code?: string
  readonly detail: string
  readonly issues?: ReadonlyArray<Issue>
}

interface Common {
  readonly call: Call
  /** `undefined` if no request produces the response. */
  readonly answer: Answer | undefined
}

/** A call at this time, and its result as JSON. */
interface Given extends Common {
  readonly at: string
  readonly gives: unknown
}

interface Failed extends Common {
  readonly fails: Reason["_tag"]
  readonly told: Told
}

type Row = Given | Failed

/** The rows of a vendor, by the names of its fixtures. */
export type Rows = Readonly<Record<string, Row>>

export const gives = (call: Call, at: string, gives: unknown, answer: Answer | undefined): Given => {
  return { call, at, gives, answer }
}

export const fails = (call: Call, fails: Failed["fails"], told: Told, answer: Answer | undefined): Failed => {
  return { call, fails, told, answer }
}

/** Mints a credential, and returns its relevant fields. */
export const minting = (layer: ProviderLayer, request: MintRequest = { purpose: "stt.realtime" }): Call =>
  TempCredentialProvider.use((provider) => provider.mint(request)).pipe(
    Effect.map((credential) => TempCredential.encode(credential)),
    Effect.map(({ connections, expiresAt, expirySource, token, uses }) => {
      return {
        token,
        expiresAt,
        expirySource,
        uses,
        placements: [...new Set(connections.map(({ placement }) => placement.in))]
      }
    }),
    Effect.provide(layer)
  )

/**
 * Sends calls such as `POST /path {"a":1}` one after the other, and returns the last response; `:id` is that of the
 * last key.
 */
export const ask =
  (emulator: Emulator, key: Readonly<Record<string, string>>, ...calls: ReadonlyArray<string>): Answer =>
  async () => {
    let answer = new Response("")
    for (const call of calls) {
      const id = /"apikey_id":"(\w+)"/.exec(await answer.text())?.[1] ?? ""
      const [, method = "", path = "", body] = /^(\w+) (\S+)(?: (.*))?$/.exec(call.replace(":id", id)) ?? []
      const headers = { "content-type": "application/json", ...key }
      const url = `https://vendor.example${path}`
      answer = await emulator.handle(new Request(url, { method, headers, ...(body === undefined ? {} : { body }) }))
    }
    return answer
  }
