/**
 * The emulators as handlers of msw, for tests of code that calls a vendor's real address. It needs `msw`.
 *
 * ```ts
 * import { setupServer } from "msw/node"
 * import { createMinter } from "tempcred"
 * import { Soniox } from "tempcred/emulator"
 * import { handlers } from "tempcred/msw"
 *
 * const soniox = Soniox.make()
 * const server = setupServer(...handlers(soniox))
 * server.listen()
 * const minter = createMinter({ provider: "soniox", env: { SONIOX_API_KEY: soniox.apiKey }, fetch })
 * const credential = await minter.mint({ purpose: "stt.realtime" })
 * console.log(credential.provider, soniox.log.length) // => soniox 1
 * await minter.close()
 * server.close()
 * ```
 *
 * @since 0.1.0
 */

export { handlers } from "@tempcred/testing/EmulatorMsw"
