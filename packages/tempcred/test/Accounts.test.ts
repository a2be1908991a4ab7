/** Many accounts behind one plain minter. */
import * as SonioxEmulator from "@tempcred/emulator/Soniox"
import { inspect } from "node:util"
import { assert, describe, it } from "vitest"
import { createMinter, TempcredError } from "../src/index.ts"
import { createEndpoint } from "../src/server.ts"
import { soniox } from "../src/soniox.ts"
import { fetchOf } from "./emulated.ts"

/** An emulated vendor that knows two keys, each by a host of its own. */
const platform = () => {
  const emulators = {
    acme: SonioxEmulator.make({ apiKey: "key-of-acme" }),
    globex: SonioxEmulator.make({ apiKey: "key-of-globex" })
  }
  const lookups: Array<string> = []
  const errors: Array<unknown> = []
  const minter = createMinter({
    env: {},
    provider: "soniox",
    retries: 0,
    onError: (error) => void errors.push(error),
    accounts: async (account) => {
      lookups.push(account)
      if (account === "broken") throw new Error("the vault is sealed: secret-of-the-vault")
      return account === "acme" || account === "globex" ? [soniox({ apiKey: `key-of-${account}` })] : undefined
    },
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const found = request.headers.get("authorization")?.endsWith("acme") ? emulators.acme : emulators.globex
      return fetchOf(found)(request)
    }
  })
  return { ...emulators, errors, lookups, minter }
}

const request = { purpose: "stt.realtime", subject: "ana" } as const

const failure = async (work: Promise<unknown>): Promise<TempcredError> => {
  const error = await work.catch((cause: unknown) => cause)
  assert.instanceOf(error, TempcredError)
  return error
}

describe("accounts", () => {
  it("mint with their own keys, which are looked up once, and share no credential", async () => {
    const { acme, globex, lookups, minter } = platform()
    const first = await minter.mint({ ...request, account: "acme" })
    const second = await minter.mint({ ...request, account: "globex" })
    assert.notStrictEqual(first.token, second.token)
    assert.strictEqual(await minter.mint({ ...request, account: "acme" }), first)
    assert.deepStrictEqual(lookups, ["acme", "globex"])
    assert.deepStrictEqual([acme.log.length, globex.log.length], [1, 1])
    await minter.invalidate(first)
    assert.notStrictEqual((await minter.mint({ ...request, account: "acme" })).token, first.token)
    assert.strictEqual(await minter.mint({ ...request, account: "globex" }), second)
    await minter.close()
  })

  it("are forgotten when the app says so", async () => {
    const { lookups, minter } = platform()
    const first = await minter.mint({ ...request, account: "acme" })
    await minter.forget("acme")
    assert.notStrictEqual((await minter.mint({ ...request, account: "acme" })).token, first.token)
    assert.deepStrictEqual(lookups, ["acme", "acme"])
    await minter.close()
  })

  it("do not feel each other's errors", async () => {
    const { acme, minter } = platform()
    acme.faults.add(SonioxEmulator.mintRoute, { status: 429, headers: { "retry-after": "60" } })
    assert.strictEqual((await failure(minter.mint({ ...request, account: "acme" }))).reason, "RateLimitError")
    assert.strictEqual((await minter.mint({ ...request, account: "globex" })).provider, "soniox")
    await minter.close()
  })

  it("must be named and known, and an error of the lookup stays in the backend", async () => {
    const { errors, minter } = platform()
    const missing = await failure(minter.mint(request))
    assert.deepStrictEqual(
      missing.issues?.map(({ field }) => field),
      ["account"]
    )
    assert.strictEqual((await failure(minter.mint({ ...request, account: "initech" }))).reason, "InvalidRequestError")
    const broken = await failure(minter.mint({ ...request, account: "broken" }))
    assert.strictEqual(broken.reason, "UnavailableError")
    assert.notInclude(inspect(broken), "vault")
    assert.match(String(errors[0]), /secret-of-the-vault/)
    await minter.close()
  })

  it("are named by the endpoint's own code, never by the client", async () => {
    const { acme, globex, minter } = platform()
    const endpoint = createEndpoint({ minter, authenticate: () => ({ subject: "ana", account: "acme" }) })
    const ask = (body: object) =>
      endpoint.fetch(
        new Request("https://app.example/token", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body)
        })
      )
    assert.strictEqual((await ask({ purpose: "stt.realtime" })).status, 201)
    assert.strictEqual((await ask({ purpose: "stt.realtime", account: "globex" })).status, 400)
    assert.deepStrictEqual([acme.log.length, globex.log.length], [1, 0])
    await endpoint.close()
    await minter.close()
  })
})
