/**
 * An emulator of ElevenLabs, written from its documents: single-use tokens for one purpose each, signed URLs for
 * agents, and the WebSockets and the route that they open. Tokens are spent by their first use, and expire 15 minutes
 * after the mint, which no response states.
 *
 * ```ts
 * import * as ElevenLabs from "@tempcred/emulator/ElevenLabs"
 *
 * const elevenLabs = ElevenLabs.make()
 * const answer = await elevenLabs.handle(
 *   new Request("https://api.elevenlabs.io/v1/single-use-token/tts_websocket", {
 *     method: "POST",
 *     headers: { "xi-api-key": elevenLabs.apiKey }
 *   })
 * )
 * console.log(answer.status, Object.keys(await answer.json()), elevenLabs.issued[0]?.purpose)
 * // => 200 [ 'token' ] tts_websocket
 * ```
 *
 * Not emulated: the WebRTC token, which opens a LiveKit server, and dialogues with several contexts.
 *
 * @since 0.1.0
 */

import * as Emulator from "./Emulator.ts"
import type { Fault } from "./Faults.ts"
import type { Account, StreamFailure } from "./eleven-labs/Account.ts"
import * as BatchScribe from "./eleven-labs/BatchScribe.ts"
import * as Conversation from "./eleven-labs/Conversation.ts"
import * as Credentials from "./eleven-labs/Credentials.ts"
import type { IssuedCredential } from "./eleven-labs/Credentials.ts"
import { type MintFailure, mintFailures, refuse, format } from "./eleven-labs/Failures.ts"
import { mintToken, signUrl } from "./eleven-labs/Minting.ts"
import { type Options, settings } from "./eleven-labs/Options.ts"
import * as RealtimeScribe from "./eleven-labs/RealtimeScribe.ts"
import * as TextToSpeech from "./eleven-labs/TextToSpeech.ts"
import * as Voices from "./eleven-labs/Voices.ts"
import * as Sockets from "./Sockets.ts"

export type { StreamFailure } from "./eleven-labs/Account.ts"
export type { Agent, IssuedCredential, TokenType } from "./eleven-labs/Credentials.ts"
export type { MintFailure } from "./eleven-labs/Failures.ts"
export type { Options } from "./eleven-labs/Options.ts"

/**
 * The route that mints single-use tokens.
 *
 * @category constants
 * @since 0.1.0
 */
export const mintRoute = "POST /v1/single-use-token/:token_type"

/**
 * The route that mints signed URLs.
 *
 * @category constants
 * @since 0.1.0
 */
export const signedUrlRoute = "GET /v1/convai/conversation/get-signed-url"

/**
 * The route that transcribes a file.
 *
 * @category constants
 * @since 0.1.0
 */
export const transcribeRoute = "POST /v1/speech-to-text"

/**
 * The WebSocket of a transcription.
 *
 * @category constants
 * @since 0.1.0
 */
export const realtimeRoute = "/v1/speech-to-text/realtime"

/**
 * The WebSocket of text to speech.
 *
 * @category constants
 * @since 0.1.0
 */
export const speechRoute = "/v1/text-to-speech/:voice_id/stream-input"

/**
 * The WebSocket of text to speech with several contexts.
 *
 * @category constants
 * @since 0.1.0
 */
export const multiSpeechRoute = "/v1/text-to-speech/:voice_id/multi-stream-input"

/**
 * The WebSocket of a spoken dialogue.
 *
 * @category constants
 * @since 0.1.0
 */
export const dialogueRoute = "/v1/text-to-dialogue/stream-input"

/**
 * The WebSocket of an agent.
 *
 * @category constants
 * @since 0.1.0
 */
export const conversationRoute = "/v1/convai/conversation"

/**
 * An emulated ElevenLabs, with controls for tests.
 *
 * @category models
 * @since 0.1.0
 */
export interface ElevenLabs extends Emulator.Emulator {
  /** The tokens and signatures minted so far. */
  readonly issued: ReadonlyArray<IssuedCredential>
  /** The number of open WebSockets. */
  readonly sessions: number
  /** Expires every token and signature; open connections continue. */
  readonly expireAll: () => void
  /** Ends the next realtime transcriptions that have a valid credential with this failure. @default times 1 */
  readonly refuseSessions: (failure: StreamFailure, times?: number) => void
}

/**
 * Makes an emulated ElevenLabs.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options = {}): ElevenLabs => {
  const chosen = settings(options)
  const account: Account = {
    settings: chosen,
    credentials: Credentials.make(chosen),
    sockets: Sockets.make(chosen.clock),
    refusals: []
  }
  const { credentials, sockets, refusals } = account
  const emulator = Emulator.make(
    {
      vendor: "elevenlabs",
      apiKey: chosen.apiKey,
      region: chosen.region,
      hosts,
      env: (origin) => ({
        ELEVENLABS_API_KEY: chosen.apiKey,
        ELEVENLABS_BASE_URL: origin,
        ELEVENLABS_AGENT_ID: chosen.agents?.[0] ?? "agent_emulated",
        ELEVENLABS_VOICE_ID: "voice_emulated"
      }),
      routes: {
        [mintRoute]: (call) => mintToken(account, call),
        [signedUrlRoute]: (call) => signUrl(account, call),
        [transcribeRoute]: (call) => BatchScribe.transcribe(account, call)
      },
      sockets: {
        [realtimeRoute]: (call) => RealtimeScribe.session(account, call),
        [speechRoute]: (call) =>
          TextToSpeech.session(account, call, { voice: Voices.single, messageTokens: chosen.messageTokens }),
        [multiSpeechRoute]: (call) =>
          TextToSpeech.session(account, call, { voice: Voices.multi, messageTokens: chosen.messageTokens }),
        [dialogueRoute]: (call) => TextToSpeech.session(account, call, { voice: Voices.dialogue, messageTokens: true }),
        [conversationRoute]: (call) => Conversation.session(account, call)
      },
      unknown,
      minting: [mintRoute, signedUrlRoute],
      tooMany: () => refuse(mintFailures.rate_limit_exceeded, chosen)
    },
    options
  )
  return {
    ...emulator,
    get issued() {
      return credentials.issued()
    },
    get sessions() {
      return sockets.size()
    },
    expireAll: credentials.expireAll,
    refuseSessions: (failure, times = 1) => {
      for (let left = times; left > 0; left -= 1) refusals.push(failure)
    }
  }
}

/**
 * Makes a fault that answers a mint with one of the vendor's own errors, in a form of `Options.errorForm`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const mintFault = (
  failure: MintFailure,
  headers: Readonly<Record<string, string>> = {},
  form: Options["errorForm"] = "documented"
): Fault => ({ ...format(mintFailures[failure], form), headers })

// The environments of https://www.npmjs.com/package/@elevenlabs/elevenlabs-js, version 2.73.0 (read 2026-11-21).
const hosts = {
  "api.elevenlabs.io": "global",
  "api.us.elevenlabs.io": "us",
  "api.eu.residency.elevenlabs.io": "eu",
  "api.in.residency.elevenlabs.io": "in",
  "api.sg.residency.elevenlabs.io": "sg"
}

// The texts are those of the vendor's framework. An unknown WebSocket path was seen to answer 403.
const unknown = (call: Emulator.Call, allowed: ReadonlyArray<string>): Response => {
  if (call.request.headers.has("upgrade")) return new Response(null, { status: 403 })
  if (allowed.length === 0) return Response.json({ detail: "Not Found" }, { status: 404 })
  const headers = { allow: allowed.join(", ") }
  return Response.json({ detail: "Method Not Allowed" }, { status: 405, headers })
}
