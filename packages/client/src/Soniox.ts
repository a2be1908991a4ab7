/**
 * The bridge to Soniox' own `@soniox/client`: makes its `config` from a source. The SDK calls it for every recording
 * and before it reconnects; each call takes a credential.
 *
 * ```ts
 * import { SonioxClient } from "@soniox/client"
 * import { source } from "@tempcred/client"
 * import { config } from "@tempcred/client/Soniox"
 *
 * const credentials = source({ endpoint: "/v1/credentials" })
 * const client = new SonioxClient({ config: config(credentials) })
 * console.log(typeof client.realtime.record) // => function
 * ```
 *
 * @since 0.1.0
 */

import type { Request } from "./Credential.ts"
import { requireEncryption } from "./EncryptedUrl.ts"
import type { Source } from "./Source.ts"

/**
 * The SDK's description of its next connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface Context {
  readonly usage?: "transcribe_websocket" | "tts_rt" | undefined
}

/**
 * The SDK's connection settings.
 *
 * @category models
 * @since 0.1.0
 */
export interface Config {
  readonly api_key: string
  readonly stt_ws_url?: string
  readonly tts_ws_url?: string
  readonly tts_api_url?: string
}

/**
 * Makes the function for `new SonioxClient({ config })`. It returns a credential for speech to text or text to speech,
 * as the SDK requests, and its URLs. It rejects as `take` does, and with a `TypeError` if the credential is another
 * vendor's or its URL is not encrypted.
 *
 * @category constructors
 * @since 0.1.0
 */
export const config =
  (
    credentials: Pick<Source, "take">,
    request: Omit<Request, "purpose"> = {}
  ): ((context?: Context) => Promise<Config>) =>
  async ({ usage } = {}) => {
    const speaks = usage === "tts_rt"
    const purpose = speaks ? "tts.realtime" : "stt.realtime"
    const { connections, provider, token } = await credentials.take({ ...request, purpose })
    if (provider !== "soniox") throw new TypeError(`this is a credential of ${provider}, and the SDK is Soniox'`)
    const [{ url }] = connections
    requireEncryption(url)
    if (!speaks) return { api_key: token, stt_ws_url: url }
    const { host, protocol } = new URL(url)
    return { api_key: token, tts_ws_url: url, tts_api_url: `${protocol.replace("ws", "http")}//${host}` }
  }
