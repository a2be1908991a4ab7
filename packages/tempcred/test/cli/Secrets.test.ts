import type { Fault } from "@tempcred/emulator/Faults"
import { mintRoute } from "@tempcred/emulator/Soniox"
import { assert, it } from "vitest"
import { run, start, vendors } from "./program.ts"

const faults: ReadonlyArray<Fault> = [
  { status: 400, body: { error_type: "x", message: "planted-soniox-key is no key", more: "planted-soniox-key" } },
  { status: 401 },
  { html: true },
  { reset: true },
  { cut: 20 }
]

const key = "planted-soniox-key"

const printed = async (vendor: Awaited<ReturnType<typeof vendors>>, args: ReadonlyArray<string>): Promise<string> => {
  const env = { ...vendor.env, TEMPCRED_PROVIDER: "soniox", TEMPCRED_RETRIES: "0" }
  const { err, out } = await run(args, { env })
  assert.notStrictEqual(out + err, "")
  return out + err
}

it("the output about a credential contains no key and no token", async () => {
  await using vendor = await vendors({ soniox: { apiKey: key } })
  for (const args of [["mint"], ["mint", "--json"], ["mint", "--connection"], ["doctor"], ["doctor", "--json"]]) {
    assert.notMatch(await printed(vendor, args), /planted-soniox-key|snx_temp_/)
  }
})

it.each([[["mint", "--json"]], [["doctor"]]])(
  "the output of %j contains no key, for any response of the vendor",
  async (args) => {
    await using vendor = await vendors({ soniox: { apiKey: key } })
    for (const fault of faults) {
      vendor.soniox.faults.add(mintRoute, fault)
      assert.notInclude(await printed(vendor, args), key)
    }
  }
)

it("the output with NODE_DEBUG contains no key", async () => {
  await using vendor = await vendors({ soniox: { apiKey: key } })
  const env = { ...vendor.env, TEMPCRED_PROVIDER: "soniox", TEMPCRED_RETRIES: "0", NODE_DEBUG: "tempcred" }
  for (const args of [["mint"], ["doctor"]]) {
    vendor.soniox.faults.add(mintRoute, { status: 400, body: { message: `${key} is no key` } })
    const { err, out } = await start(args, { env }).ended
    assert.include(err + out, "400")
    assert.notInclude(err + out, key)
  }
})

it("the output of `keys` contains no management token and no key", async () => {
  await using vendor = await vendors()
  const { env } = vendor
  for (const args of [["list"], ["list", "--json"], ["create", "--name", "new"], ["revoke", "nobody", "--yes"]]) {
    const { err, out } = await run(["keys", ...args], { env })
    for (const secret of [vendor.speechmatics.managementToken, vendor.speechmatics.apiKey]) {
      assert.notInclude(out + err, secret)
    }
  }
})
