/** Credentials of ElevenLabs: long-lived keys, each of one account, and the tokens and signatures minted with them. */
import * as Issued from "../Issued.ts"
import { residencyOf, type Settings } from "./Options.ts"

// https://elevenlabs.io/docs/api-reference/tokens/create and
// https://elevenlabs.io/docs/conversational-ai/customization/authentication (both read 2026-11-21): 15 minutes.
const lifetime = 15 * 60_000

/** The purposes of single-use tokens: the last segment of the minting path. */
export const tokenTypes = ["realtime_scribe", "batch_scribe", "tts_websocket"] as const

/** The purpose of a single-use token. */
export type TokenType = (typeof tokenTypes)[number]

/** The agent of a signed URL. */
export interface Agent {
  readonly agentId: string
  readonly branchId: string | undefined
  readonly versionId: string | undefined
  readonly environment: string
  /** The only conversation that the URL opens, if it was signed for one. */
  readonly conversationId: string | undefined
}

/** A minted token or URL signature. */
export interface IssuedCredential {
  readonly secret: string
  readonly purpose: TokenType | "agent"
  readonly region: string
  /** Milliseconds since the epoch; open connections continue. */
  readonly expiresAt: number
  /** The number of allowed uses. */
  readonly limit: number
  /** The number of uses so far. */
  readonly uses: number
  readonly agent: Agent | undefined
}

/** The credentials of one emulator. */
export interface Credentials {
  readonly issued: () => ReadonlyArray<IssuedCredential>
  readonly issueToken: (purpose: TokenType, region: string) => IssuedCredential
  readonly sign: (agent: Agent, region: string) => IssuedCredential
  /** Tells whether this is the long-lived key of the region's account. */
  readonly owns: (key: string, region: string) => boolean
  /** Uses a token or signature once; returns undefined if it is invalid here, spent or expired. */
  readonly redeem: (secret: string, purpose: TokenType | "agent", region: string) => IssuedCredential | undefined
  readonly expireAll: () => void
}

/** Makes the credentials of an emulator, with nothing minted. */
export const make = (settings: Settings): Credentials => {
  const issued = Issued.make<IssuedCredential>(settings.clock)
  const issue = (credential: Omit<IssuedCredential, "expiresAt" | "uses">): IssuedCredential =>
    issued.set(credential.secret, { ...credential, expiresAt: settings.clock.now() + lifetime, uses: 0 })
  return {
    issued: issued.all,
    issueToken: (purpose, region) =>
      issue({ secret: `sutkn_${randomText()}`, purpose, region, limit: 1, agent: undefined }),
    sign: (agent, region) => {
      const limit = agent.conversationId === undefined ? Infinity : 1
      return issue({ secret: randomText(), purpose: "agent", region, limit, agent })
    },
    owns: (key, region) => settings.apiKeys[residencyOf(region)] === key,
    redeem: (secret, purpose, region) => {
      const found = issued.find(secret)
      if (found === undefined || found.purpose !== purpose || found.uses >= found.limit) return undefined
      if (residencyOf(found.region) !== residencyOf(region)) return undefined
      return issued.set(secret, { ...found, uses: found.uses + 1 })
    },
    expireAll: issued.expireAll
  }
}

/** Makes random text: a UUID without hyphens. */
export const randomText = (): string => crypto.randomUUID().replaceAll("-", "")
