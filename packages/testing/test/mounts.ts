/** The ways to reach an emulated vendor over HTTP. */
import type { Emulator } from "@tempcred/emulator/Emulator"
import { serve } from "@tempcred/emulator/Node"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import * as EmulatorMsw from "@tempcred/testing/EmulatorMsw"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { setupServer } from "msw/node"

/** The response to a request, or `undefined` without a complete one. */
export type Outcome =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly text: string }
  | undefined

/** Sends one request to the vendor's real host. */
type Send = (url: string, init: RequestInit) => Promise<Outcome>

/** An emulator that can be reached until it is disposed of. */
export interface Mounted extends AsyncDisposable {
  readonly send: Send
}

const received = async (response: Response): Promise<Outcome> => ({
  status: response.status,
  headers: Object.fromEntries(response.headers),
  text: await response.text()
})

const nothing = (): Outcome => undefined

const overPort = async (emulator: Emulator): Promise<Mounted> => {
  const server = await serve(emulator)
  return {
    send: (url, init) =>
      fetch(server.origin + new URL(url).pathname, { ...init, redirect: "manual" })
        .then(received)
        .catch(nothing),
    [Symbol.asyncDispose]: server.close
  }
}

const overMsw = async (emulator: Emulator): Promise<Mounted> => {
  const server = setupServer(...EmulatorMsw.handlers(emulator))
  server.listen({ onUnhandledFrame: "error" })
  return {
    send: (url, init) =>
      fetch(url, { ...init, redirect: "manual" })
        .then(received)
        .catch(nothing),
    [Symbol.asyncDispose]: async () => server.close()
  }
}

const overHttpClient = async (emulator: Emulator): Promise<Mounted> => ({
  send: (url, init) =>
    Effect.gen(function* () {
      const { headers, status, text } = yield* HttpClient.execute(HttpClientRequest.fromWeb(new Request(url, init)))
      return { headers, status, text: yield* text }
    })
      .pipe(Effect.provide(EmulatorHttpClient.layer(emulator)), (sent) =>
        Effect.runPromise(sent, { signal: init.signal ?? undefined })
      )
      .catch(nothing),
  [Symbol.asyncDispose]: async () => {}
})

/** Returns the emulator's own response, without a mount. */
export const direct = async (emulator: Emulator): Promise<Mounted> => ({
  send: (url, init) => emulator.handle(new Request(url, init)).then(received).catch(nothing),
  [Symbol.asyncDispose]: async () => {}
})

export const mounts = { "a port": overPort, msw: overMsw, "an HttpClient": overHttpClient }
