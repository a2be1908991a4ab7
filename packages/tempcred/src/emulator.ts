/**
 * The vendors as local servers, written from their documents, for tests and for development without a key.
 *
 * ```ts
 * import { createMinter } from "tempcred"
 * import { serve, Soniox } from "tempcred/emulator"
 *
 * const soniox = Soniox.make()
 * const server = await serve(soniox)
 * const minter = createMinter({ env: { TEMPCRED_PROVIDER: "soniox", ...soniox.env(server.origin) } })
 * const credential = await minter.mint({ purpose: "stt.realtime" })
 * console.log(credential.token.startsWith("snx_temp_"), soniox.log.length) // => true 1
 * await minter.close()
 * await server.close()
 * ```
 *
 * @since 0.1.0
 */

export * from "@tempcred/emulator"
export { serve } from "@tempcred/emulator/Node"
export type { Options as ServeOptions, Server } from "@tempcred/emulator/Node"
