/** A Worker that mints by both doors and answers a client. */
import { createMinter } from "tempcred"
import { bearer, createEndpoint } from "tempcred/server"
import { createMinter as createSonioxMinter } from "tempcred/soniox"

interface Bindings {
  readonly SONIOX_API_KEY: string
  readonly SONIOX_API_BASE_URL: string
}

const token = "0123456789abcdef"

export default {
  fetch: async (_: Request, { SONIOX_API_BASE_URL, SONIOX_API_KEY }: Bindings): Promise<Response> => {
    const minter = createMinter({ provider: "soniox", env: { SONIOX_API_BASE_URL, SONIOX_API_KEY } })
    const alone = createSonioxMinter({ apiKey: SONIOX_API_KEY, baseUrl: SONIOX_API_BASE_URL })
    const endpoint = createEndpoint({ minter, authenticate: bearer([{ token, subject: "ana" }]) })
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
    const body = JSON.stringify({ purpose: "stt.realtime" })
    const asked = new Request("https://app.example.com/token", { method: "POST", headers, body })
    const { status } = await endpoint.fetch(asked)
    const { provider } = await alone.mint({ purpose: "stt.realtime" })
    return new Response(`${status} ${provider}`)
  }
}
