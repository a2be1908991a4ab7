/** The options of the emulated ElevenLabs, and their defaults. */
import type * as Emulator from "../Emulator.ts"
import { systemClock } from "../Emulator.ts"
import * as Speech from "../Speech.ts"

/** Options of the emulated ElevenLabs. */
export interface Options extends Emulator.Options {
  /** The valid long-lived keys by region; `us` shares that of `global`. @default only `apiKey`, in `region` */
  readonly apiKeys?: Readonly<Record<string, string>>
  /**
   * The form of errors: `"documented"` as on the vendor's page, `"observed"` with another `code`, `"legacy"` with a
   * status and a message. @default "documented"
   */
  readonly errorForm?: "documented" | "observed" | "legacy"
  /**
   * The place where realtime transcription refuses a credential: a message after the upgrade, as observed, or a 403 in
   * place of the upgrade, which the vendor's client expects. @default "message"
   */
  readonly scribeRefusal?: "message" | "handshake"
  /**
   * The query parameter of the signature in a signed URL; two of the vendor's pages differ. @default
   * "conversation_signature"
   */
  readonly signatureParameter?: "conversation_signature" | "token"
  /**
   * Accepts a single-use token in the first message of `stream-input` and `multi-stream-input` too. The vendor documents
   * that for dialogues alone. @default false
   */
  readonly messageTokens?: boolean
  /** The agents of the account. @default any agent */
  readonly agents?: ReadonlyArray<string>
  /** The agents that need no credential. @default none */
  readonly publicAgents?: ReadonlyArray<string>
}

/** The options with all defaults. */
export interface Settings {
  readonly clock: Emulator.Clock
  readonly words: ReadonlyArray<string>
  readonly region: string
  readonly apiKey: string
  readonly apiKeys: Readonly<Record<string, string>>
  readonly errorForm: "documented" | "observed" | "legacy"
  readonly scribeRefusal: "message" | "handshake"
  readonly signatureParameter: "conversation_signature" | "token"
  readonly messageTokens: boolean
  readonly agents: ReadonlyArray<string> | undefined
  readonly publicAgents: ReadonlyArray<string>
}

/**
 * Returns the account of a region: `us` is a route to the global account, the others have accounts of their own.
 * Source: the server descriptions of https://github.com/elevenlabs/elevenlabs-docs (read 2026-11-21).
 */
export const residencyOf = (region: string): string => (region === "us" ? "global" : region)

/** Adds the defaults. */
export const settings = (options: Options): Settings => {
  const region = options.region ?? "global"
  const apiKey = options.apiKey ?? options.apiKeys?.[residencyOf(region)] ?? `sk_${"5a".repeat(24)}`
  return {
    clock: options.clock ?? systemClock,
    words: options.words ?? Speech.words,
    region,
    apiKey,
    apiKeys: { ...options.apiKeys, [residencyOf(region)]: apiKey },
    errorForm: options.errorForm ?? "documented",
    scribeRefusal: options.scribeRefusal ?? "message",
    signatureParameter: options.signatureParameter ?? "conversation_signature",
    messageTokens: options.messageTokens ?? false,
    agents: options.agents,
    publicAgents: options.publicAgents ?? []
  }
}
