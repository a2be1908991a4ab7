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
import { checkUrl } from "@tempcred/core/ConfigurationError"
import type { Connection } from "@tempcred/core/Connection"
import * as KeySource from "@tempcred/core/KeySource"
import { join } from "@tempcred/core/VendorApi"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { dialect } from "./Dialect.ts"

/**
 * What is fixed per app.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The long-lived API key of `region`, or a source of keys. */
  readonly apiKey: Redacted.Redacted | KeySource.KeySource
  /** Where the account is: `"global"`, `"us"` (the same account, on servers there), or `"eu"`, `"in"` or `"sg"`, which are isolated. @default "global" */
  readonly region?: string | undefined
  /** Long-lived keys of further regions, for requests that name one. */
  readonly regionKeys?: Readonly<Record<string, Redacted.Redacted | KeySource.KeySource>> | undefined
  /** The API of `region`, without `/v1`; its WebSockets are at the same place. @default that of the region */
  readonly baseUrl?: string | undefined
  /** The agent that credentials of purpose `agent` open; without one that purpose is not served. */
  readonly agentId?: string | undefined
  /** The voice that speaks in realtime. @default `{voice_id}` is left in the URL of the connection, for the client to put one in its place */
  readonly voiceId?: string | undefined
}

const Secret = Schema.RedactedFromValue(Schema.NonEmptyString)

const Response = Schema.Union([Schema.Struct({ token: Secret }), Schema.Struct({ signed_url: Secret })])

/** `@elevenlabs/elevenlabs-js` 2.73.0 and https://elevenlabs.io/docs/overview/administration/data-residency (read 2026-11-21), which has a key for each. */
const hosts: Readonly<Record<string, string>> = {
  global: "api.elevenlabs.io",
  us: "api.us.elevenlabs.io",
  eu: "api.eu.residency.elevenlabs.io",
  in: "api.in.residency.elevenlabs.io",
  sg: "api.sg.residency.elevenlabs.io"
}

/** Fifteen minutes, on the pages above: neither is there a choice, nor does a reply say it. */
const ttl = 900

const capabilitiesIn = (regions: ReadonlyArray<string>) => {
  const token: Capability = {
    ttlSeconds: { min: ttl, max: ttl, default: ttl },
    singleUse: "always",
    subject: { effect: "ignored" },
    regions,
    regionsNeedKeys: true,
    mintingHasSideEffects: false,
    needed: "connect"
  }
  return {
    "stt.realtime": token,
    "stt.batch": { ...token, needed: "every-request" },
    "tts.realtime": token,
    agent: { ...token, singleUse: true }
  } satisfies Capabilities
}

type Served = keyof ReturnType<typeof capabilitiesIn>

/**
 * What ElevenLabs can do; a layer serves those of the regions that it has keys for, and agents where it has an agent.
 *
 * @category constants
 * @since 0.1.0
 */
export const capabilities: Capabilities = capabilitiesIn(Object.keys(hosts))

const home = (options: Options): string => options.region ?? "global"

const api = (options: Options, region: string): string =>
  new URL((region === home(options) ? options.baseUrl : undefined) ?? `https://${hosts[region]}`).href

// https://elevenlabs.io/docs/api-reference (read 2026-11-21); that speech takes a token like this is in no reference, and in wide use.
const products = {
  "stt.realtime": { type: "realtime_scribe", path: "/speech-to-text/realtime", name: "token" },
  "stt.batch": { type: "batch_scribe", path: "/speech-to-text", name: "token" },
  "tts.realtime": { type: "tts_websocket", path: "/text-to-speech/{voice_id}/stream-input", name: "single_use_token" }
}

const connection = (options: Options, { purpose, region = home(options) }: Resolved<Served>): Connection => {
  const [where, value] = ["anywhere", "{token}"] as const
  const whole = { in: "url", protocols: ["convai"] } as const
  if (purpose === "agent") return { kind: "websocket", url: value, where, placement: whole }
  const { name, path } = products[purpose]
  const voice = options.voiceId === undefined ? "{voice_id}" : encodeURIComponent(options.voiceId)
  const url = join(api(options, region), `/v1${path.replace("{voice_id}", voice)}`)
  return purpose === "stt.batch"
    ? { kind: "http", url, where, placement: { in: "form", field: name, value } }
    : { kind: "websocket", url: url.replace("http", "ws"), where, placement: { in: "query", name, value } }
}

/**
 * Makes the provider; its requirements are the transport and the retry policy at hand.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Adapter.Making => {
  const { agentId, apiKey, regionKeys = {} } = options
  const keys = { ...regionKeys, [home(options)]: apiKey }
  const further = Object.entries(regionKeys).map(([region, key]) => [`regionKeys.${region}`, key] as const)
  const checkHost = (name: string, region: string) =>
    Object.hasOwn(hosts, region) ? [] : [{ name, message: `must be one of ${Object.keys(hosts).join(", ")}` }]
  const { agent, ...rest } = capabilitiesIn(Object.keys(keys))
  const served: Capabilities<Served> = agentId === undefined ? rest : { ...rest, agent }
  return Adapter.make({
    provider: "elevenlabs",
    keys: { "ELEVENLABS_API_KEY (apiKey)": apiKey, ...Object.fromEntries(further) },
    issues: [
      ...checkHost("ELEVENLABS_REGION (region)", home(options)),
      ...Object.keys(regionKeys).flatMap((region) => checkHost("regionKeys", region)),
      ...checkUrl("ELEVENLABS_BASE_URL (baseUrl)", options.baseUrl)
    ],
    capabilities: served,
    region: home(options),
    settings: [options.baseUrl, agentId, options.voiceId],
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
    credential: (response, request) => ({
      token: "token" in response ? response.token : response.signed_url,
      expiry: { source: "documented", seconds: ttl },
      connections: [connection(options, request)]
    }),
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
export const layerConfig: Adapter.ProviderLayer = Adapter.layerConfig(
  Effect.all({
    apiKey: KeySource.fromConfig("ELEVENLABS_API_KEY"),
    region: Adapter.optional("ELEVENLABS_REGION"),
    baseUrl: Adapter.optional("ELEVENLABS_BASE_URL"),
    agentId: Adapter.optional("ELEVENLABS_AGENT_ID"),
    voiceId: Adapter.optional("ELEVENLABS_VOICE_ID")
  }),
  layer
)

/**
 * ElevenLabs as `Providers` takes it.
 *
 * @category adapters
 * @since 0.1.0
 */
export const adapter: Adapter.Descriptor = { id: "elevenlabs", capabilities, layerConfig }
