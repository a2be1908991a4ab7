/** Each failure once at an emulator: the observed result, and the expected one. */
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import type { Fault } from "@tempcred/emulator/Faults"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type Recording, transcribe } from "./transcribe.ts"
import type { Vendor } from "./vendors.ts"

export interface Row {
  readonly what: string
  readonly seen: string
  readonly expected: string
}

const mint = TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime" }))

/** Describes the result of a mint in a few words. */
const outcome = Effect.matchEffect(mint, {
  onSuccess: () => Effect.succeed("minted"),
  onFailure: ({ reason }) => Effect.succeed(`${reason._tag}${reason.status === undefined ? "" : ` (${reason.status})`}`)
})

export const failures = Effect.fnUntraced(function* (vendor: Vendor, recording: Recording) {
  const { emulator, expected, provide } = vendor
  const rows: Array<Row> = []
  const add = (what: string, seen: string, wanted: string) => rows.push({ what, seen, expected: wanted })

  const answering = Effect.fnUntraced(function* (what: string, fault: Fault, wanted: string) {
    emulator.faults.add(vendor.mintRoute, fault)
    add(what, yield* provide(outcome), wanted)
  })
  yield* answering("400: the request is malformed", { status: 400 }, "InvalidRequestError (400)")
  yield* answering("401: the long-lived key is refused", { status: 401 }, "AuthenticationError (401)")
  yield* answering("403: the key may not do this", { status: 403 }, expected.forbidden)

  emulator.faults.add(vendor.mintRoute, { status: 429, headers: { "retry-after": "1" } })
  const before = yield* Clock.currentTimeMillis
  const retried = yield* provide(outcome)
  const waited = Math.floor(((yield* Clock.currentTimeMillis) - before) / 1000)
  add("429: too many requests, retry after 1 s", `${retried} after ${waited} s`, "minted after 1 s")

  const expired = yield* provide(mint)
  emulator.expireAll()
  add("expired before it was used", yield* redeem(expired, recording), expected.expired)

  const once = yield* provide(
    Effect.result(TempCredentialProvider.use((provider) => provider.mint({ purpose: "stt.realtime", singleUse: true })))
  )
  if (once._tag === "Failure") {
    add("single use, which the vendor lacks", once.failure.reason._tag, expected.spent)
  } else {
    yield* transcribe(once.success, recording)
    add("single use, a second time", yield* redeem(once.success, recording), expected.spent)
  }
  return rows
})

/** Returns the vendor's refusal of a credential. */
const redeem = (...args: Parameters<typeof transcribe>) =>
  Effect.match(transcribe(...args), {
    onSuccess: () => "accepted",
    onFailure: (error) => error.message.split(":")[0] ?? ""
  })
