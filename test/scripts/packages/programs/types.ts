/** An app that is only compiled: by each TypeScript, with the declarations of the package checked. */
import { ConfigurationError, createMinter, type Credential, type Event, TempcredError } from "tempcred"
import { assemblyAi } from "tempcred/assemblyai"
import { connection, open, source, type Source } from "tempcred/client"
import { deepgram } from "tempcred/deepgram"
import { elevenLabs } from "tempcred/elevenlabs"
import { serve, Soniox, Speechmatics } from "tempcred/emulator"
import { gemini } from "tempcred/gemini"
import { openAi } from "tempcred/openai"
import { redis } from "tempcred/redis"
import { bearer, createEndpoint, type Endpoint, jwt } from "tempcred/server"
import { createMinter as createSonioxMinter, soniox } from "tempcred/soniox"
import { speechmatics } from "tempcred/speechmatics"
import { buildCredential, fakeMinter } from "tempcred/testing"

const cache = redis({ url: "redis://127.0.0.1" })
const providers = [soniox({ apiKey: "key", region: "eu" }), deepgram({ apiKey: ["new", "old"] })]
const minter = createMinter({ providers, ttl: "60 seconds", cache })

const advice = (error: TempcredError): string => {
  switch (error.reason) {
    case "InvalidRequestError":
    case "UnsupportedError":
    case "AuthenticationError":
    case "PermissionError":
    case "QuotaError":
      return error.provider
    case "RateLimitError":
    case "UnavailableError":
    case "TransportError":
      return `in ${error.retryAfterSeconds ?? 1} s`
    case "InvalidResponseError":
      return error.message
  }
}

export const minted = async (): Promise<string> => {
  try {
    const credential: Credential = await minter.mint({ purpose: "stt.realtime", subject: "ana" })
    return credential.toClient().token + credential.expiresAt.toISOString()
  } catch (error) {
    if (error instanceof TempcredError) return advice(error)
    if (error instanceof ConfigurationError) return error.issues.map(({ name }) => name).join()
    throw error
  }
}

// @ts-expect-error A bare number has no unit.
export const wrong = (): Promise<Credential> => minter.mint({ purpose: "stt.realtime", ttl: 60 })
export const endpoint: Endpoint = createEndpoint({
  minter,
  authenticate: async (request) => ({ subject: request.headers.get("x-user") ?? "" })
})
export const events: Array<Event> = []
export const credentials: Source = source({ endpoint: "/speech-token" })
export const others: ReadonlyArray<unknown> = [
  [assemblyAi, elevenLabs, gemini, openAi, speechmatics, Soniox, Speechmatics, serve, open, connection],
  [jwt({ secret: "secret" }), bearer([]), fakeMinter(), buildCredential(), createSonioxMinter({ apiKey: "key" })]
]
