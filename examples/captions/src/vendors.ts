/** The vendors on the page: emulated on free ports, or the real ones with a key in the environment. */
import { createMinter, ConfigurationError, type Minter } from "tempcred"
import { serve, Soniox, Speechmatics } from "tempcred/emulator"
import type { Terms } from "tempcred/server"
import { words } from "./recording.ts"

export interface Vendor {
  /** The vendor's id, and the last part of the path of its token endpoint. */
  readonly id: string
  readonly name: string
  readonly minter: Minter
  readonly terms: Terms
  readonly emulator: Soniox.Soniox | Speechmatics.Speechmatics | undefined
  /** The problem in the configuration, if the vendor cannot be chosen. */
  readonly problem: string | undefined
}

/** Vendors to serve, and to close at the end. */
export interface Vendors extends AsyncDisposable {
  readonly vendors: ReadonlyArray<Vendor>
}

export interface Options {
  /** The session limit in seconds; a minute is short enough to watch a renewal. @default 60 */
  readonly maxSessionSeconds?: number | undefined
}

/** The vendors; only one of them can limit a session. */
const catalog = ({ maxSessionSeconds = 60 }: Options) =>
  [
    { id: "soniox", name: "Soniox", maxSession: `${maxSessionSeconds} seconds` },
    { id: "speechmatics", name: "Speechmatics", maxSession: undefined }
  ] as const

const termsOf = (maxSession: Terms["maxSession"]): Terms => ({ purposes: ["stt.realtime"], maxSession })

/** Starts the emulators, each on its own port. */
export const emulated = async (options: Options = {}): Promise<Vendors> => {
  const emulators = {
    soniox: Soniox.make({ words }),
    speechmatics: Speechmatics.make({ words, maxSessions: 10 })
  }
  const running = await Promise.all(
    catalog(options).map(async ({ id, maxSession, name }) => {
      const emulator = emulators[id]
      const server = await serve(emulator)
      const minter = createMinter({ provider: id, env: emulator.env(server.origin) })
      return { server, vendor: { id, name, minter, emulator, terms: termsOf(maxSession), problem: undefined } }
    })
  )
  return {
    vendors: running.map(({ vendor }) => vendor),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(running.map(({ vendor }) => vendor.minter.close()))
      await Promise.all(running.map(({ server }) => server.close()))
    }
  }
}

/** Lists the real vendors. */
export const live = async (env: NodeJS.ProcessEnv, options: Options = {}): Promise<Vendors> => {
  const vendors = await Promise.all(
    catalog(options).map(async ({ id, maxSession, name }) => {
      const minter = createMinter({ provider: id, env })
      return { id, name, minter, emulator: undefined, terms: termsOf(maxSession), problem: await problemOf(minter) }
    })
  )
  return {
    vendors,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(vendors.map(({ minter }) => minter.close()))
    }
  }
}

/** Finds out why a minter cannot start, such as a missing key. */
const problemOf = async (minter: Minter): Promise<string | undefined> => {
  try {
    await minter.ready()
    return undefined
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
}
