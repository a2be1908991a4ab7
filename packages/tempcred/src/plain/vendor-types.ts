/** The options of vendors, in plain TypeScript. */
import type { Key, Length } from "./types.ts"

/** Options of AssemblyAI. */
export interface AssemblyAiOptions {
  readonly apiKey: Key
  /** The data zone: `"global"` (the nearest), `"us"` or `"eu"`. @default "global" */
  readonly region?: string | undefined
  /** The API that mints streaming tokens, without `/v3`. */
  readonly streamingBaseUrl?: string | undefined
  /** The streaming WebSocket, with its path. */
  readonly streamingWebsocketUrl?: string | undefined
  /** The API that mints agent tokens, without `/v1`. */
  readonly agentsBaseUrl?: string | undefined
  /** The voice agent's WebSocket, with its path. */
  readonly agentsWebsocketUrl?: string | undefined
}

/** Options of Deepgram. */
export interface DeepgramOptions {
  /** The long-lived key, which needs the role Member. */
  readonly apiKey: Key
  /** `"global"`, `"eu"`, `"au"` or `"in"`. @default "global" */
  readonly region?: string | undefined
  /** The API, without `/v1`. */
  readonly baseUrl?: string | undefined
  /** The WebSockets, without `/v1`. */
  readonly websocketUrl?: string | undefined
  /** The agent's WebSocket, without `/v1`. */
  readonly agentWebsocketUrl?: string | undefined
}

/** Options of ElevenLabs. */
export interface ElevenLabsOptions {
  readonly apiKey: Key
  /** `"global"` or `"us"`, which share accounts, or `"eu"`, `"in"` or `"sg"`. @default "global" */
  readonly region?: string | undefined
  /** The keys of further regions, for requests that name one. */
  readonly regionKeys?: Readonly<Record<string, Key>> | undefined
  /** The API and the WebSockets, without `/v1`. */
  readonly baseUrl?: string | undefined
  /** The agent, which the purpose `agent` needs. */
  readonly agentId?: string | undefined
  /** The voice, which the purpose `tts.realtime` needs. */
  readonly voiceId?: string | undefined
}

/** Options of Gemini. */
export interface GeminiOptions {
  readonly apiKey: Key
  /** The API and its WebSocket, without the version. */
  readonly baseUrl?: string | undefined
  /** `"v1alpha"` or `"v1beta"`. @default "v1alpha" */
  readonly apiVersion?: string | undefined
}

/** Options of OpenAI. */
export interface OpenAiOptions {
  readonly apiKey: Key
  /** The API. @default "https://api.openai.com/v1" */
  readonly baseUrl?: string | undefined
  /** The WebSocket, with its path. */
  readonly websocketUrl?: string | undefined
  /** The organization to charge. @default the key's own */
  readonly organization?: string | undefined
  /** The project to charge. @default the key's own */
  readonly project?: string | undefined
}

/** Options of Soniox. */
export interface SonioxOptions {
  readonly apiKey: Key
  /** `"us"`, `"eu"`, `"jp"`, `"in"`, or one that Soniox adds. @default "us" */
  readonly region?: string | undefined
  /** The keys of further regions, for requests that name one. */
  readonly regionKeys?: Readonly<Record<string, Key>> | undefined
  /** The API, without `/v1`. */
  readonly baseUrl?: string | undefined
  /** The speech-to-text WebSocket, with its path. */
  readonly websocketUrl?: string | undefined
  /** The text-to-speech WebSocket, with its path. */
  readonly ttsWebsocketUrl?: string | undefined
}

/** Options of Speechmatics. */
export interface SpeechmaticsOptions {
  readonly apiKey: Key
  /** The region, which decides the host. @default "eu" for batch, "global" for realtime */
  readonly region?: string | undefined
  /** The longest ttl to allow, up to a day. @default "1 hour" */
  readonly maxTtl?: Length | undefined
  /** The API that mints keys, without `/v1`. */
  readonly baseUrl?: string | undefined
  /** The realtime WebSocket, with its path. */
  readonly realtimeUrl?: string | undefined
  /** The batch API, with `/v2`. */
  readonly batchUrl?: string | undefined
  /** The text-to-speech API. */
  readonly ttsUrl?: string | undefined
}
