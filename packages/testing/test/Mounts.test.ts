/** An emulator answers alike however it is reached. */
import { assert, describe, it } from "@effect/vitest"
import type { Clock } from "@tempcred/emulator/Emulator"
import type { Fault } from "@tempcred/emulator/Faults"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Speechmatics from "@tempcred/emulator/Speechmatics"
import { once } from "node:events"
import { direct, type Mounted, mounts, type Outcome } from "./mounts.ts"

const clock: Clock = {
  now: () => Date.UTC(2026, 10, 21),
  after: (_, run) => {
    setImmediate(run)
    return () => {}
  }
}

const soniox = {
  make: () => Soniox.make({ clock, mintsPerMinute: 2, retryAfter: "seconds" }),
  url: "https://api.soniox.com/v1/auth/temporary-api-key",
  route: Soniox.mintRoute,
  refusal: 401,
  body: { usage_type: "transcribe_websocket", expires_in_seconds: 60 }
}

const speechmatics = {
  make: () => Speechmatics.make({ clock, mintsPerMinute: 2, retryAfter: "date" }),
  url: "https://mp.speechmatics.com/v1/api_keys",
  route: Speechmatics.mintRoute,
  refusal: 403,
  body: { ttl: 60 }
}

const faults: ReadonlyArray<Fault> = [
  { status: 503, body: { message: "down" }, headers: { "x-request-id": "request-1" } },
  { status: 500 },
  { delay: 1 },
  { drip: 1 },
  { garbage: true },
  { html: true },
  { fill: 70_000 },
  { redirect: "https://elsewhere.example/" },
  { cut: 5 },
  { reset: true }
]

/** Leaves out what a connection adds, and masks what no two answers share. */
const comparable = (outcome: Outcome) => {
  if (outcome === undefined) return undefined
  const headers = { ...outcome.headers }
  for (const name of ["connection", "keep-alive", "transfer-encoding"]) delete headers[name]
  return { ...outcome, headers, text: outcome.text.replaceAll(/snx_temp_\w+|[\da-f]{8}-[\da-f-]{27}|eyJ[\w.-]+/g, "…") }
}

const answers = async (
  vendor: typeof soniox | typeof speechmatics,
  mount: (emulator: Soniox.Soniox | Speechmatics.Speechmatics) => Promise<Mounted>
) => {
  const emulator = vendor.make()
  await using mounted = await mount(emulator)
  const send = (apiKey = emulator.apiKey, method = "POST", url = vendor.url) =>
    mounted.send(url, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: method === "POST" ? JSON.stringify(vendor.body) : null
    })
  const elsewhere = `${vendor.url}/elsewhere`
  const outcomes = [
    await send(),
    await send("wrong"),
    await send(),
    await send("", "PATCH"),
    await send("", "GET", elsewhere)
  ]
  for (const fault of faults) {
    emulator.faults.add(vendor.route, fault)
    outcomes.push(await send())
  }
  return outcomes.map(comparable)
}

describe.each(Object.entries(mounts))("through %s", (_, mount) => {
  it.each([soniox, speechmatics])("the answers are those of the emulator itself: $url", async (vendor) => {
    const expected = await answers(vendor, direct)
    assert.deepStrictEqual(
      expected.map((answer) => answer?.status),
      [201, vendor.refusal, 429, 405, 404, 503, 500, 429, 429, 200, 200, 200, 307, undefined, undefined]
    )
    assert.deepStrictEqual(await answers(vendor, mount), expected)
  })

  it("an aborted request ends while it hangs", async () => {
    const emulator = soniox.make()
    emulator.faults.add(soniox.route, { hang: true })
    const giveUp = new AbortController()
    const arrived: Array<Request> = []
    await using mounted = await mount({
      ...emulator,
      handle: (request) => {
        arrived.push(request)
        giveUp.abort()
        return emulator.handle(request)
      }
    })
    assert.isUndefined(await mounted.send(soniox.url, { method: "POST", signal: giveUp.signal }))
    const [request] = arrived
    assert.isDefined(request)
    if (!request.signal.aborted) await once(request.signal, "abort")
  })
})
