/**
 * What the Gemini tests drive: an emulator with a clock of their own, without a port.
 */
import * as Gemini from "../src/Gemini.ts"
import { dial, manualClock } from "./support.ts"
import { ask } from "./vendors.ts"

export const setUp = (options: Gemini.Options = {}) => {
  const clock = manualClock()
  return { clock, emulator: Gemini.make({ clock, ...options }) }
}

export const keyed = (key: string): Record<string, string> => ({ "x-goog-api-key": key })

export const askToken = (
  emulator: Gemini.Gemini,
  body: unknown = {},
  headers = keyed(emulator.apiKey),
  path = "/v1alpha/auth_tokens"
) => ask(emulator, `POST ${path}`, body, headers)

export const mint = async (
  emulator: Gemini.Gemini,
  body: unknown = {},
  version: Gemini.Version = "v1alpha"
): Promise<string> => (await askToken(emulator, body, undefined, `/${version}/auth_tokens`)).body.name

export const model = "models/gemini-live-2.5-flash-preview"

export const connect = (
  emulator: Gemini.Gemini,
  token: string,
  headers: Record<string, string> = {},
  version?: Gemini.Version
) => dial(emulator, `${Gemini.constrainedRoute(version)}?access_token=${token}`, { headers })

/** Opens a connection and sends a setup. */
export const start = async (emulator: Gemini.Gemini, token: string, setup: object = {}) => {
  const socket = await connect(emulator, token)
  socket.send({ setup: { model, ...setup } })
  return socket
}

export const asText = { generationConfig: { responseModalities: ["TEXT"] } }

/** So many milliseconds from the first moment of the clock. */
export const at = (milliseconds: number): string => new Date(Date.UTC(2026, 10, 21) + milliseconds).toISOString()

export const unauthenticated =
  "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication c"

export const unregistered =
  "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API c"
