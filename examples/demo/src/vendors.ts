/** The two vendors as emulators on free ports, and their different refusals. */
import { createMinter, type Minter } from "tempcred"
import { serve, Soniox, Speechmatics } from "tempcred/emulator"

export interface Vendor extends AsyncDisposable {
  readonly emulator: Soniox.Soniox | Speechmatics.Speechmatics
  readonly origin: string
  readonly minter: Minter
  readonly mintRoute: string
  /** The refusals of a forbidden mint, of an expired credential, and of the second use of a single-use credential. */
  readonly expected: { readonly forbidden: string; readonly expired: string; readonly spent: string }
}

const start = async ({ emulator, ...vendor }: Pick<Vendor, "emulator" | "mintRoute" | "expected">): Promise<Vendor> => {
  const server = await serve(emulator)
  const { origin } = server
  const minter = createMinter({ env: { TEMPCRED_PROVIDER: emulator.vendor, ...emulator.env(origin) } })
  return {
    emulator,
    ...vendor,
    origin,
    minter,
    [Symbol.asyncDispose]: async () => {
      await minter.close()
      await server.close()
    }
  }
}

export const soniox = (): Promise<Vendor> =>
  start({
    emulator: Soniox.make(),
    mintRoute: Soniox.mintRoute,
    expected: {
      forbidden: "PermissionError (403)",
      expired: "401 unauthenticated",
      spent: "401 unauthenticated"
    }
  })

export const speechmatics = (): Promise<Vendor> =>
  start({
    emulator: Speechmatics.make(),
    mintRoute: Speechmatics.mintRoute,
    // Speechmatics answers 403 to an unknown key, and its own client expects it.
    expected: { forbidden: "AuthenticationError (403)", expired: "not_authorised", spent: "UnsupportedError" }
  })
