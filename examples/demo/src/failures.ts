/** Each failure once at an emulator: the observed result, and the expected one. */
import { type Credential, type Minter, TempcredError } from "tempcred"
import type { Faults } from "tempcred/emulator"
import { type Recording, transcribe } from "./transcribe.ts"
import type { Vendor } from "./vendors.ts"

export interface Row {
  readonly what: string
  readonly seen: string
  readonly expected: string
}

const purpose = "stt.realtime"

export const failures = async (vendor: Vendor, recording: Recording): Promise<ReadonlyArray<Row>> => {
  const { emulator, expected, minter, mintRoute } = vendor
  const rows: Array<Row> = []
  const add = (what: string, seen: string, wanted: string) => rows.push({ what, seen, expected: wanted })

  const answering = async (what: string, fault: Faults.Fault, wanted: string) => {
    emulator.faults.add(mintRoute, fault)
    add(what, await outcome(minter), wanted)
  }
  await answering("400: the request is malformed", { status: 400 }, "InvalidRequestError (400)")
  await answering("401: the long-lived key is refused", { status: 401 }, "AuthenticationError (401)")
  await answering("403: the key may not do this", { status: 403 }, expected.forbidden)

  emulator.faults.add(mintRoute, { status: 429, headers: { "retry-after": "1" } })
  const before = performance.now()
  const retried = await outcome(minter)
  const waited = Math.floor((performance.now() - before) / 1000)
  add("429: too many requests, retry after 1 s", `${retried} after ${waited} s`, "minted after 1 s")

  const expired = await minter.mint({ purpose })
  emulator.expireAll()
  add("expired before it was used", await refusal(expired, recording), expected.expired)

  try {
    const once = await minter.mint({ purpose, singleUse: true })
    await transcribe(once, recording)
    add("single use, a second time", await refusal(once, recording), expected.spent)
  } catch (error) {
    add("single use, which the vendor lacks", named(error), expected.spent)
  }
  return rows
}

/** Describes the result of a mint in a few words. */
const outcome = async (minter: Minter): Promise<string> => {
  try {
    await minter.mint({ purpose })
    return "minted"
  } catch (error) {
    return named(error)
  }
}

const named = (error: unknown): string => {
  if (!(error instanceof TempcredError)) throw error
  return error.status === undefined ? error.reason : `${error.reason} (${error.status})`
}

/** Returns the vendor's refusal of a credential. */
const refusal = async (credential: Credential, recording: Recording): Promise<string> => {
  try {
    await transcribe(credential, recording)
    return "accepted"
  } catch (error) {
    return error instanceof Error ? (error.message.split(":")[0] ?? "") : "unknown"
  }
}
