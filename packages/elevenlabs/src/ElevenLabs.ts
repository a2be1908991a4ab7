/**
 * ElevenLabs single-use tokens: https://elevenlabs.io/docs/api-reference/tokens/create (read 2026-11-21), and signed URLs for agents:
 * https://elevenlabs.io/docs/eleven-agents/customization/authentication (read 2026-11-21). A token is spent by its first use. A
 * signed URL is the whole credential, and opens any number of conversations unless one use is asked for. Both open connections for
 * 15 minutes; open connections continue.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as ElevenLabs from "@tempcred/elevenlabs/ElevenLabs"
 *
 * const minter = Minter.make(ElevenLabs.layerConfig)
 * const credential = await minter.mint({ purpose: "stt.realtime" })
 * console.log(credential.uses, credential.expirySource) // => once documented
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */

import * as Adapter from "@tempcred/core/Adapter"
import type { Capabilities, Capability, Resolved } from "@tempcred/core/Capabilities"
import { checkUrl } from "@tempcred/core/ConfigurationError"
import type { Connection, Connections } from "@tempcred/core/Connection"
import { InvalidResponseError } from "@tempcred/core/TempCredentialError"
import { join, websocketOf } from "@tempcred/core/VendorApi"
import * as Arr from "effect/Array"
import * as Schema from "effect/Schema"
import { dialect } from "./Dialect.ts"
import { apiOf, checkVoice, keysByRegion, products, regions } from "./Hosts.ts"

const options = {
  /** The long-lived API key of `region`, or a source of keys. */
  apiKey: Adapter.key("ELEVENLABS_API_KEY"),
  /** The region of the account: `"global"` or `"us"`, which share accounts, or `"eu"`, `"in"` or `"sg"`, which are isolated. @default "global" */
  region: Adapter.region("ELEVENLABS_REGION", { allowed: regions, otherwise: "global" }),
  /** The long-lived keys of further regions, for requests that name one. A key of `"global"` or `"us"` serves the other, too. */
  regionKeys: Adapter.regionKeys(regions),
  /** The API and the WebSockets of `region`, without `/v1`. @default that of the region */
  baseUrl: Adapter.url("ELEVENLABS_BASE_URL"),
  /** The agent that credentials of purpose `agent` open. The purpose needs it. */
  agentId: Adapter.text("ELEVENLABS_AGENT_ID"),
  /** The voice of credentials of purpose `tts.realtime`. The purpose needs it. */
  voiceId: Adapter.text("ELEVENLABS_VOICE_ID", checkVoice)
}

/**
 * The options of the adapter.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Adapter.OptionsOf<typeof options>

/** Fifteen minutes, on the pages above. It cannot be chosen, and no response states it. */
const ttl = 900

const capabilitiesIn = (places: ReadonlyArray<string>) => {
  const token: Capability = {
    ttlSeconds: { min: ttl, max: ttl, default: ttl },
    singleUse: "always",
    subject: { effect: "ignored" },
    regions: places,
    regionsNeedKeys: true,
    mintingHasSideEffects: false,
    needed: "connect"
  }
  return {
    "stt.realtime": token,
    "stt.batch": { ...token, needed: "every-request" },
    "tts.realtime": token,
    // A URL for one use begins a conversation at ElevenLabs. A purpose has side effects or has none, so no URL is pooled or shared.
    // ElevenLabs advises against sharing the URLs for many uses.
    agent: { ...token, singleUse: true, mintingHasSideEffects: true }
  } satisfies Capabilities
}

type Served = keyof ReturnType<typeof capabilitiesIn>

const connections = (
  { purpose, region }: Resolved<Served>,
  { options: { voiceId = "" }, own }: Adapter.Given<typeof options>
): Connections => {
  const [where, value] = ["anywhere", "{token}"] as const
  const whole = { in: "url", protocols: ["convai"] } as const
  if (purpose === "agent") return [{ kind: "websocket", url: value, where, placement: whole }]
  const { kind, name, paths } = products[purpose]
  const connection = (path: string): Connection => {
    const voice = encodeURIComponent(voiceId)
    const url = join(apiOf(own.baseUrl, region), `/v1${path.replace("{voice_id}", () => voice)}`)
    return { kind, url: kind === "http" ? url : websocketOf(url), where, placement: { in: "query", name, value } }
  }
  return Arr.map(paths, connection)
}

// A signed URL is opened as it stands. It must be encrypted, and errors must not show its query.
const SignedUrl = Schema.String.check(
  Schema.makeFilter((url) => checkUrl("signed_url", url.replace(/\?[^#]*/, ""), "wss")[0]?.message)
)

const Response = Schema.Struct({
  token: Schema.optionalKey(Schema.RedactedFromValue(Schema.NonEmptyString)),
  signed_url: Schema.optionalKey(Schema.RedactedFromValue(SignedUrl))
})

const vendor = Adapter.make({
  id: "elevenlabs",
  options,
  capabilities: capabilitiesIn(regions),
  keysByRegion,
  served: ({ agentId, voiceId }, places): Capabilities<Served> => {
    const { agent, "tts.realtime": speech, ...rest } = capabilitiesIn(places)
    return {
      ...rest,
      ...(voiceId === undefined ? {} : { "tts.realtime": speech }),
      ...(agentId === undefined ? {} : { agent })
    }
  },
  call: ({ purpose, region, singleUse }, { options: { agentId }, own }) => ({
    keyHeader: { name: "xi-api-key", prefix: "" },
    ...(purpose === "agent"
      ? {
          method: "GET",
          url: join(apiOf(own.baseUrl, region), "/v1/convai/conversation/get-signed-url"),
          query: { agent_id: agentId, include_conversation_id: singleUse ? "true" : undefined }
        }
      : { url: join(apiOf(own.baseUrl, region), `/v1/single-use-token/${products[purpose].type}`) })
  }),
  response: Response,
  credential: ({ signed_url, token }, request, given) => {
    const name = request.purpose === "agent" ? "signed_url" : "token"
    const secret = name === "token" ? token : signed_url
    if (secret === undefined) return new InvalidResponseError({ detail: `${name}: is missing` })
    const expiry = { source: "documented", seconds: ttl } as const
    return { token: secret, expiry, connections: connections(request, given) }
  },
  dialect
})

/**
 * Provides ElevenLabs from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: (options: Options) => Adapter.ProviderLayer = vendor.layer

/**
 * Provides ElevenLabs from environment variables: `ELEVENLABS_API_KEY` or `ELEVENLABS_API_KEY_FILE`, and those of the other options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(vendor)

/**
 * The adapter for `Providers`. A layer serves the regions that it has keys for, agents with an `agentId`, and speech with a
 * `voiceId`.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter = Adapter.withConfig(vendor)
