/** What a test may decide about the emulated ElevenLabs, and the values that hold where it decides nothing. */
import type * as Emulator from "../Emulator.ts"
import { systemClock } from "../Emulator.ts"
import * as Speech from "../Speech.ts"

/** Settings of the emulated ElevenLabs. */
export interface Options extends Emulator.Options {
  /** The long-lived keys to accept, by region; `us` shares that of `global`. @default only `apiKey`, in `region` */
  readonly apiKeys?: Readonly<Record<string, string>>
  /**
   * How an error is told: as the vendor's page of errors has it, as its servers have been seen to answer (another
   * `code`), or as they did before (a status and a message). @default "documented"
   */
  readonly errorForm?: "documented" | "observed" | "legacy"
  /**
   * Where the realtime transcription refuses who holds nothing valid: in a message after the upgrade, as it has been
   * seen to, or with a 403 instead of the upgrade, which the vendor's client expects. @default "message"
   */
  readonly scribeRefusal?: "message" | "handshake"
  /** What a signed URL calls its signature; two of the vendor's pages differ. @default "conversation_signature" */
  readonly signatureParameter?: "conversation_signature" | "token"
  /**
   * Accepts a single-use token in the first message of `stream-input` and `multi-stream-input` too. The vendor documents
   * that for dialogues alone. @default false
   */
  readonly messageTokens?: boolean
  /** The agents of the account. @default any that is asked for */
  readonly agents?: ReadonlyArray<string>
  /** The agents that anybody may talk to. @default none */
  readonly publicAgents?: ReadonlyArray<string>
}

/** Settings with every question answered. */
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
 * The account that a region belongs to: the United States are a route to the worldwide one, the others keep data of
 * their own. Source: the server descriptions of https://github.com/elevenlabs/elevenlabs-docs (read 2026-11-21).
 */
export const residencyOf = (region: string): string => (region === "us" ? "global" : region)

/** Fills in the defaults. */
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
