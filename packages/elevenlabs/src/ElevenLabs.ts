/**
 * ElevenLabs single-use tokens: https://elevenlabs.io/docs/api-reference/tokens/create (read 2026-11-21), and for agents signed URLs:
 * https://elevenlabs.io/docs/eleven-agents/customization/authentication (read 2026-11-21). A token is spent by its first use; a signed URL is the whole
 * of a credential, and opens any number of conversations unless one use is asked for. Both may be used for 15 minutes; what they opened goes on.
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
import { checkOneOf, checkUrl } from "@tempcred/core/ConfigurationError"
import type { Connection, Connections } from "@tempcred/core/Connection"
import * as KeySource from "@tempcred/core/KeySource"
import { InvalidResponseError } from "@tempcred/core/TempCredentialError"
import { join, websocketOf } from "@tempcred/core/VendorApi"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { dialect } from "./Dialect.ts"
import { apiOf, checkVoice, keysByRegion, products, regions } from "./Hosts.ts"

/**
 * What is fixed per app.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The long-lived API key of `region`, or a source of keys. */
  readonly apiKey: Redacted.Redacted | KeySource.KeySource
  /** Where the account is: `"global"` or `"us"`, which are one account, or `"eu"`, `"in"` or `"sg"`, which are isolated. @default "global" */
  readonly region?: string | undefined
  /** Long-lived keys of further regions, for requests that name one; a key of `"global"` or `"us"` serves the other, too. */
  readonly regionKeys?: Readonly<Record<string, Redacted.Redacted | KeySource.KeySource>> | undefined
  /** The API of `region`, without `/v1`; its WebSockets are at the same place. @default that of the region */
  readonly baseUrl?: string | undefined
  /** The agent that credentials of purpose `agent` open; without one that purpose is not served. */
  readonly agentId?: string | undefined
  /** The voice of credentials of purpose `tts.realtime`; without one that purpose is not served. */
  readonly voiceId?: string | undefined
}

// A URL that is the secret as a whole is opened as it stands: it is encrypted, and what is wrong with it is told without it.
const SignedUrl = Schema.String.check(
  Schema.makeFilter((url) => checkUrl("signed_url", url.replace(/\?[^#]*/, ""), "wss")[0]?.message)
)

const Response = Schema.Struct({
  token: Schema.optionalKey(Schema.RedactedFromValue(Schema.NonEmptyString)),
  signed_url: Schema.optionalKey(Schema.RedactedFromValue(SignedUrl))
})

/** Fifteen minutes, on the pages above: neither is there a choice, nor does a reply say it. */
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
    // A URL for one use names a conversation that is begun at ElevenLabs. A purpose has side effects or has none, so no URL is pooled or shared; to share
    // those for many uses is what ElevenLabs advises against.
    agent: { ...token, singleUse: true, mintingHasSideEffects: true }
  } satisfies Capabilities
}

type Served = keyof ReturnType<typeof capabilitiesIn>

/**
 * What ElevenLabs can do; a layer serves the regions that it has keys for, agents where it has an agent, and speech where it has a voice.
 *
 * @category constants
 * @since 0.1.0
 */
export const capabilities: Capabilities = capabilitiesIn(regions)

const home = (options: Options): string => options.region ?? "global"

const api = (options: Options, region: string): string =>
  new URL((region === home(options) ? options.baseUrl : undefined) ?? apiOf(region)).href

const connections = (options: Options, { purpose, region = home(options) }: Resolved<Served>): Connections => {
  const [where, value] = ["anywhere", "{token}"] as const
  const whole = { in: "url", protocols: ["convai"] } as const
  if (purpose === "agent") return [{ kind: "websocket", url: value, where, placement: whole }]
  const { kind, name, paths } = products[purpose]
  const voice = encodeURIComponent(options.voiceId ?? "")
  const connection = (path: string): Connection => {
    const url = join(api(options, region), `/v1${path.replace("{voice_id}", () => voice)}`)
    return { kind, url: kind === "http" ? url : websocketOf(url), where, placement: { in: "query", name, value } }
  }
  return Arr.map(paths, connection)
}

/**
 * Makes the provider; its requirements are the transport and the retry policy at hand.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Adapter.Making => {
  const { agentId, apiKey, regionKeys = {}, voiceId } = options
  const keys = keysByRegion({ ...regionKeys, [home(options)]: apiKey })
  const further = Object.entries(regionKeys).map(([region, key]) => [`regionKeys.${region}`, key] as const)
  const { agent, "tts.realtime": speech, ...rest } = capabilitiesIn(Object.keys(keys))
  const served: Capabilities<Served> = {
    ...rest,
    ...(voiceId === undefined ? {} : { "tts.realtime": speech }),
    ...(agentId === undefined ? {} : { agent })
  }
  return Adapter.make({
    provider: "elevenlabs",
    keys: { "ELEVENLABS_API_KEY (apiKey)": apiKey, ...Object.fromEntries(further) },
    issues: [
      ...checkOneOf("ELEVENLABS_REGION (region)", options.region, regions),
      ...Object.keys(regionKeys).flatMap((region) => checkOneOf("regionKeys", region, regions)),
      ...checkUrl("ELEVENLABS_BASE_URL (baseUrl)", options.baseUrl),
      ...checkVoice("ELEVENLABS_VOICE_ID (voiceId)", voiceId)
    ],
    capabilities: served,
    region: home(options),
    settings: [options.baseUrl, agentId, voiceId],
    call: ({ purpose, region = home(options), singleUse }: Resolved<Served>) => ({
      key: keys[region] ?? apiKey,
      keyHeader: { name: "xi-api-key", prefix: "" },
      ...(purpose === "agent"
        ? {
            method: "GET",
            url: join(api(options, region), "/v1/convai/conversation/get-signed-url"),
            query: { agent_id: agentId, include_conversation_id: singleUse ? "true" : undefined }
          }
        : { url: join(api(options, region), `/v1/single-use-token/${products[purpose].type}`) })
    }),
    response: Response,
    credential: ({ signed_url, token }, request) => {
      const name = request.purpose === "agent" ? "signed_url" : "token"
      const secret = name === "token" ? token : signed_url
      if (secret === undefined) return new InvalidResponseError({ detail: `${name}: is missing` })
      const expiry = { source: "documented", seconds: ttl } as const
      return { token: secret, expiry, connections: connections(options, request) }
    },
    dialect
  })
}

/**
 * Provides ElevenLabs from options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Adapter.ProviderLayer => Adapter.layer(make(options))

/**
 * Provides ElevenLabs from `ELEVENLABS_API_KEY` (or `ELEVENLABS_API_KEY_FILE`) and, where they are set, `ELEVENLABS_REGION`,
 * `ELEVENLABS_BASE_URL`, `ELEVENLABS_AGENT_ID` and `ELEVENLABS_VOICE_ID`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(layer, () =>
  Effect.all({
    apiKey: KeySource.fromConfig("ELEVENLABS_API_KEY"),
    region: Adapter.optional("ELEVENLABS_REGION"),
    baseUrl: Adapter.optional("ELEVENLABS_BASE_URL"),
    agentId: Adapter.optional("ELEVENLABS_AGENT_ID"),
    voiceId: Adapter.optional("ELEVENLABS_VOICE_ID")
  })
)

/**
 * ElevenLabs as `Providers` takes it.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter: Adapter.Adapter = { id: "elevenlabs", capabilities, layerConfig }
