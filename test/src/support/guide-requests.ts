/** Runs a program of a guide as its page says: with an emulated vendor and a token in place of a login. */
import { serve } from "@tempcred/emulator/Node"
import * as Soniox from "@tempcred/emulator/Soniox"
import { assert } from "vitest"
import { written, type Guide } from "./guides.ts"
import { start } from "./runtimes.ts"

const token = "a-token-for-trying-out"

const ask = (origin: string, path: string, headers: Readonly<Record<string, string>>): Promise<Response> =>
  fetch(origin + path, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close", ...headers },
    body: '{"purpose":"stt.realtime"}',
    signal: AbortSignal.timeout(60_000)
  })

/** Starts a program, requests a credential with and without the token, and stops the program. */
export const tryOut = async (guide: Guide): Promise<void> => {
  const emulator = Soniox.make()
  const vendor = await serve(emulator)
  const env = { ...emulator.env(vendor.origin), TEMPCRED_PROVIDER: "soniox", SESSION_TOKEN: token }
  const path = guide.page === "getting-started/effect" ? "/v1/credentials" : "/speech-token"
  const program = await start(written(guide), env)
  try {
    const answer = await ask(program.origin, path, { authorization: `Bearer ${token}` })
    assert.strictEqual(answer.status, 201, program.printed())
    const { provider, subject }: { readonly provider: string; readonly subject: string } = await answer.json()
    assert.deepStrictEqual({ provider, subject }, { provider: "soniox", subject: "user-42" })
    assert.strictEqual(answer.headers.get("cache-control"), "no-store")
    // The route of an app's own has the app's login, which the page leaves out.
    if (guide.file !== "own-route.ts") assert.strictEqual((await ask(program.origin, path, {})).status, 401)
  } finally {
    await program.stop()
    await vendor.close()
  }
}
