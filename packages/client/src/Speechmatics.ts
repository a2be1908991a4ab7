/**
 * The bridge to Speechmatics' own `@speechmatics/real-time-client`: takes the URL and the JWT of a `RealtimeClient`
 * from a source. Take a new one for every session and before every reconnect.
 *
 * ```ts
 * import { RealtimeClient } from "@speechmatics/real-time-client"
 * import { source } from "@tempcred/client"
 * import { session } from "@tempcred/client/Speechmatics"
 *
 * const credentials = source({ endpoint: "/v1/credentials" })
 * const start = async () => {
 *   const { jwt, url } = await session(credentials)
 *   const client = new RealtimeClient({ url })
 *   await client.start(jwt, { transcription_config: { language: "en" } })
 *   return client
 * }
 * console.log(typeof start) // => function
 * ```
 *
 * @since 0.1.0
 */

import type { Request } from "./Credential.ts"
import { requireEncryption } from "./EncryptedUrl.ts"
import type { Source } from "./Source.ts"

/**
 * The parameters of one session: `new RealtimeClient({ url })` and `client.start(jwt, …)`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Session {
  readonly url: string
  readonly jwt: string
}

/**
 * Takes a credential for one realtime session, with its URL. It rejects as `take` does, and with a `TypeError` if the
 * credential is another vendor's or its URL is not encrypted.
 *
 * @category constructors
 * @since 0.1.0
 */
export const session = async (
  credentials: Pick<Source, "take">,
  request: Omit<Request, "purpose"> = {}
): Promise<Session> => {
  const { connections, provider, token } = await credentials.take({ ...request, purpose: "stt.realtime" })
  if (provider !== "speechmatics") {
    throw new TypeError(`this is a credential of ${provider}, and the SDK is Speechmatics'`)
  }
  const [{ url }] = connections
  requireEncryption(url)
  return { url, jwt: token }
}
