/** What opens ElevenLabs: long-lived keys, each of one account, and the tokens and signatures that were minted with them. */
import { residencyOf, type Settings } from "./Options.ts"

// https://elevenlabs.io/docs/api-reference/tokens/create and
// https://elevenlabs.io/docs/conversational-ai/customization/authentication (both read 2026-11-21): 15 minutes.
const lifetime = 15 * 60_000

/** What a single-use token is for: the last segment of the path that mints it. */
export const tokenTypes = ["realtime_scribe", "batch_scribe", "tts_websocket"] as const

/** What a single-use token is for. */
export type TokenType = (typeof tokenTypes)[number]

/** The agent that a signed URL leads to. */
export interface Agent {
  readonly agentId: string
  readonly branchId: string | undefined
  readonly versionId: string | undefined
  readonly environment: string
  /** The conversation that it was signed for; then it opens that one alone. */
  readonly conversationId: string | undefined
}

/** A token, or the signature of a URL, that was minted. */
export interface IssuedCredential {
  readonly secret: string
  readonly purpose: TokenType | "agent"
  readonly region: string
  /** Milliseconds since the epoch; what is open then goes on. */
  readonly expiresAt: number
  /** How often it can be used at all. */
  readonly limit: number
  /** How often it has been used. */
  readonly uses: number
  readonly agent: Agent | undefined
}

/** All credentials of one emulator. */
export interface Credentials {
  readonly issued: () => ReadonlyArray<IssuedCredential>
  readonly issueToken: (purpose: TokenType, region: string) => IssuedCredential
  readonly sign: (agent: Agent, region: string) => IssuedCredential
  /** Tells whether this is the long-lived key of the region's account. */
  readonly owns: (key: string, region: string) => boolean
  /** Uses a token or signature once; undefined where it is no good, here or any more. */
  readonly redeem: (secret: string, purpose: TokenType | "agent", region: string) => IssuedCredential | undefined
  readonly expireAll: () => void
}

/** Makes the credentials of an emulator, none of them minted yet. */
export const make = (settings: Settings): Credentials => {
  const issued = new Map<string, IssuedCredential>()
  const issue = (credential: Omit<IssuedCredential, "expiresAt" | "uses">): IssuedCredential => {
    const whole = { ...credential, expiresAt: settings.clock.now() + lifetime, uses: 0 }
    issued.set(whole.secret, whole)
    return whole
  }
  return {
    issued: () => [...issued.values()],
    issueToken: (purpose, region) =>
      issue({ secret: `sutkn_${randomText()}`, purpose, region, limit: 1, agent: undefined }),
    sign: (agent, region) => {
      const limit = agent.conversationId === undefined ? Infinity : 1
      return issue({ secret: randomText(), purpose: "agent", region, limit, agent })
    },
    owns: (key, region) => settings.apiKeys[residencyOf(region)] === key,
    redeem: (secret, purpose, region) => {
      const found = issued.get(secret)
      if (found === undefined || found.purpose !== purpose) return undefined
      if (residencyOf(found.region) !== residencyOf(region)) return undefined
      if (settings.clock.now() >= found.expiresAt || found.uses >= found.limit) return undefined
      const used = { ...found, uses: found.uses + 1 }
      issued.set(secret, used)
      return used
    },
    expireAll: () => {
      const expiresAt = settings.clock.now()
      for (const [secret, credential] of issued) issued.set(secret, { ...credential, expiresAt })
    }
  }
}

/** A text that nobody guesses, as long as a UUID without its hyphens. */
export const randomText = (): string => crypto.randomUUID().replaceAll("-", "")
