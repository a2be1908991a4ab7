/** The hosts of ElevenLabs' regions, the keys that they accept, and the names of its products. */
import type { Issue } from "@tempcred/core/ConfigurationError"

/** `@elevenlabs/elevenlabs-js` 2.73.0 and https://elevenlabs.io/docs/overview/administration/data-residency (read 2026-11-21). */
const hosts: Readonly<Record<string, string>> = {
  global: "api.elevenlabs.io",
  us: "api.us.elevenlabs.io",
  eu: "api.eu.residency.elevenlabs.io",
  in: "api.in.residency.elevenlabs.io",
  sg: "api.sg.residency.elevenlabs.io"
}

/** The regions of ElevenLabs. */
export const regions: ReadonlyArray<string> = Object.keys(hosts)

/** Returns the app's own API, or that of the region. */
export const apiOf = (own: string | undefined, region = "global"): string =>
  new URL(own ?? `https://${hosts[region]}`).href

/** Checks that the id of a voice is one segment of a path. */
export const checkVoice = (name: string, voiceId: string | undefined): ReadonlyArray<Issue> =>
  voiceId === undefined || !/^\.{0,2}$/.test(voiceId)
    ? []
    : [{ name, message: 'must be the id of a voice: not empty, and neither "." nor ".."' }]

/**
 * Lists the key of each region. `global` and `us` are two hosts of one account, so each uses the other's key if it has none. The other
 * regions have separate accounts.
 */
export const keysByRegion = <Key>(given: Readonly<Record<string, Key>>): Readonly<Record<string, Key>> => {
  const shared = given["global"] ?? given["us"]
  return shared === undefined ? given : { global: shared, us: shared, ...given }
}

/**
 * The type of single-use token for each purpose, the paths that accept it, and its query parameter. The first path is the usual one.
 * Sources: `@elevenlabs/elevenlabs-js` 2.73.0 (read 2026-11-30) sends `token`, and names `single_use_token` for speech and dialogues.
 */
export const products = {
  "stt.realtime": { type: "realtime_scribe", kind: "websocket", paths: ["/speech-to-text/realtime"], name: "token" },
  "stt.batch": { type: "batch_scribe", kind: "http", paths: ["/speech-to-text"], name: "token" },
  "tts.realtime": {
    type: "tts_websocket",
    kind: "websocket",
    paths: [
      "/text-to-speech/{voice_id}/stream-input",
      "/text-to-speech/{voice_id}/multi-stream-input",
      "/text-to-dialogue/stream-input"
    ],
    name: "single_use_token"
  }
} as const
