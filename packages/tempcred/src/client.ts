/**
 * The browser side: gets credentials from your endpoint, renews them, and opens WebSockets with them.
 *
 * ```ts
 * import { source } from "tempcred/client"
 *
 * const credentials = source({ endpoint: "https://app.example.com/v1/credentials" })
 * const listen = () => credentials.open({ purpose: "stt.realtime" })
 * console.log(typeof listen) // => function
 * ```
 *
 * @since 0.1.0
 */

export * from "@tempcred/client"
export { config as sonioxConfig } from "@tempcred/client/Soniox"
export { session as speechmaticsSession } from "@tempcred/client/Speechmatics"
