/** For each clause an adapter that breaks it, as a small change to a good one. */
import type { Option } from "@tempcred/core/Adapter"
import * as RetryPolicy from "@tempcred/core/RetryPolicy"
import { TempCredential } from "@tempcred/core/TempCredential"
import { InvalidResponseError, TempCredentialError, UnavailableError } from "@tempcred/core/TempCredentialError"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { type Answer, Transport } from "@tempcred/core/Transport"
import type { Call, Dialect } from "@tempcred/core/VendorApi"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { unknownKey } from "../src/contract/Checks.ts"
import * as Acme from "./acme.ts"

type Examined = ReturnType<Option<unknown>["examine"]>
type Written = Omit<Call, "key">

type Mint = TempCredentialProvider["Service"]["mint"]
type Send = Transport["Service"]["send"]

const good = Acme.adapter()

const definition = (change: (definition: Acme.Definition) => Partial<Acme.Definition>): Acme.Vendor =>
  Acme.adapter(change)

const option = (name: keyof Acme.Definition["options"], change: (examined: Examined) => Examined): Acme.Vendor =>
  definition(({ options }) => {
    const examine: Option<unknown>["examine"] = (label, value) => change(options[name].examine(label, value))
    return { options: { ...options, [name]: { ...options[name], examine } } }
  })

const isCutOff = ({ detail = "" }: { readonly detail?: string }): boolean => detail.includes(" was cut off")

const call = (change: (call: Written, request: Acme.Request) => Partial<Written>): Acme.Vendor =>
  definition((unchanged) => ({
    call: (request, context) => {
      const written = unchanged.call(request, context)
      return { ...written, ...change(written, request) }
    }
  }))

const body = (change: object): Acme.Vendor => call((written) => ({ body: { ...written.body, ...change } }))

const dialect = (change: Partial<Acme.Definition["dialect"]>): Acme.Vendor =>
  definition((unchanged) => ({ dialect: { ...unchanged.dialect, ...change } }))

const status = (statuses: NonNullable<Dialect<never>["statuses"]>): Acme.Vendor => dialect({ statuses })

const mint = (change: (mint: Mint) => Mint): Acme.Vendor => ({
  ...good,
  layerConfig: Layer.effect(
    TempCredentialProvider,
    Effect.map(TempCredentialProvider, (provider) => ({ ...provider, mint: change(provider.mint) }))
  ).pipe(Layer.provide(good.layerConfig))
})

const credential = (change: (credential: TempCredential) => Partial<TempCredential>): Acme.Vendor =>
  mint(
    (unchanged) => (request) =>
      Effect.map(unchanged(request), (minted) => new TempCredential({ ...minted, ...change(minted) }))
  )

const send = (change: (send: Send) => Send): Acme.Vendor => ({
  ...good,
  layerConfig: good.layerConfig.pipe(
    Layer.provide(
      Layer.effect(
        Transport,
        Effect.map(Transport, (transport) => ({ send: change(transport.send) }))
      )
    )
  )
})

const answer = (change: (answer: Answer) => Partial<Answer>): Acme.Vendor =>
  send((unchanged) => (request) => Effect.map(unchanged(request), (received) => ({ ...received, ...change(received) })))

const unavailable = new TempCredentialError({ provider: "acme", reason: new UnavailableError({}) })

const unreadable = new InvalidResponseError({})

export const broken: Readonly<Record<string, Acme.Vendor>> = {
  "a missing or malformed key fails with its variable's name, before any call": option(
    "apiKey",
    ({ key, ...examined }) => (key === undefined ? examined : { ...examined, key, keys: { apiKey: key } })
  ),
  "a URL without encryption fails with its variable's name, before any call": option("baseUrl", (examined) => ({
    ...examined,
    issues: []
  })),
  "only the configured address is called": call(() => ({ url: "https://api.acme.example/tokens" })),
  "every declared purpose is served, and every other one fails without a call": {
    ...good,
    capabilities: { "stt.realtime": Acme.capabilities["stt.realtime"] }
  },
  "a ttl outside the range, or with half a second, fails without a call and names the range": mint(
    (unchanged) => (request) => unchanged(request.ttl === undefined ? request : { ...request, onUnsupported: "relax" })
  ),
  "both ends of the ttl range are served, and the credential has the requested lifetime": call((written, request) => ({
    body: { ...written.body, ttl: Math.max(request.ttlSeconds, 90) }
  })),
  "a relaxed ttl becomes the nearest allowed one, and is listed": credential(() => ({ relaxed: [] })),
  "single use is requested, or always given, or fails without a call, or is relaxed and listed": body({
    once: undefined
  }),
  "a session limit is requested, or fails without a call": body({ session: undefined }),
  "usableFor is requested and stated in the credential, or fails without a call": body({ end: undefined }),
  "a session configuration is sent with its lock, or fails without a call": call((written) => ({
    body: { ...written.body, bound: undefined }
  })),
  "a subject is sent unless it is ignored; one that is too long, or required and absent, fails": body({
    subject: undefined
  }),
  "an unknown region fails without a call": mint(
    (unchanged) =>
      ({ region: _, ...request }) =>
        unchanged(request)
  ),
  "one mint is one call": mint((unchanged) => (request) => Effect.andThen(unchanged(request), unchanged(request))),
  "the key is sent in a header only, without trace headers": call(() => ({
    query: { key: Acme.key }
  })),
  "connections have a placeholder for the token, and one is usable by clients": credential(({ token }) => ({
    connections: [
      {
        kind: "websocket",
        url: `wss://speech.acme.example/?token=${Redacted.value(token)}`,
        where: "anywhere",
        placement: { in: "url" }
      }
    ]
  })),
  "a vendor's clock that is ten minutes off does not move the expiry, unless it is fast and the expiry was sent as a moment":
    answer(({ headers }) => ({
      headers: { ...headers, date: undefined }
    })),
  "a slow response does not extend the lifetime": credential(({ expiresAt, issuedAt }) => ({
    expiresAt: DateTime.addDuration(DateTime.nowUnsafe(), DateTime.distance(issuedAt, expiresAt))
  })),
  "unknown fields of a response are ignored": answer(({ text }) => ({
    text: text.includes("unexpected") ? "{}" : text
  })),
  "a response without the token is an InvalidResponseError, and is not retried": answer(({ status: told, text }) => ({
    status: text === "{}" ? 500 : told
  })),
  "a response with the long-lived key as its token is an InvalidResponseError, and is not retried": answer(
    ({ text }) => ({ text: text.replace(/"token":"[^"]*"/, '"token":"another"') })
  ),
  "a response over 64 KiB is an InvalidResponseError, and is not retried": call(() => ({ maxBytes: 100_000 })),
  "a refused key is an AuthenticationError with the vendor's message, after one call": dialect({
    read: ({ code }) => ({ code, detail: "the key was refused" })
  }),
  "a vendor's message is cut at 300 characters and cannot forge log lines": dialect({
    advice: { AuthenticationError: "look at the key\nand at the account" }
  }),
  "the vendor's request id is kept": answer(({ headers }) => ({ headers: { ...headers, "x-request-id": undefined } })),
  "a Retry-After of a 429 is kept, in seconds and as a date": answer(({ headers }) => ({
    headers: { ...headers, "retry-after": undefined }
  })),
  "400 is an InvalidRequestError": status({ 400: "UnavailableError" }),
  "422 is an InvalidRequestError": status({ 422: "InvalidResponseError" }),
  "401 is an AuthenticationError": status({ 401: "PermissionError" }),
  "402 is a QuotaError": status({ 402: "RateLimitError" }),
  "403 is a PermissionError or an AuthenticationError": status({ 403: "UnavailableError" }),
  "429 is a RateLimitError and is retried": status({ 429: "QuotaError" }),
  "500 is an UnavailableError and is retried, unless the mint has side effects": status({ 500: "InvalidRequestError" }),
  "503 with a web page is an UnavailableError and is retried": status({ 503: "InvalidResponseError" }),
  "a connection reset is a TransportError and is retried, unless the mint has side effects": send(
    (unchanged) => (request) => Effect.mapError(unchanged(request), (error) => (isCutOff(error) ? error : unreadable))
  ),
  "an incomplete response is a TransportError and is retried, unless the mint has side effects": send(
    (unchanged) => (request) => Effect.mapError(unchanged(request), (error) => (isCutOff(error) ? unreadable : error))
  ),
  "a vendor that does not respond is a TransportError and is retried, unless the mint has side effects": mint(
    (unchanged) => (request) =>
      Effect.timeoutOrElse(unchanged(request), { duration: "50 millis", orElse: () => Effect.fail(unavailable) })
  ),
  "a response that is slower than the time-out is a TransportError and is retried, unless the mint has side effects": {
    ...good,
    layerConfig: good.layerConfig.pipe(
      Layer.provide(Layer.orDie(RetryPolicy.layer({ attemptTimeout: Duration.seconds(5) })))
    )
  },
  "after a lost response, a mint is retried only for purposes without side effects": definition(({ capabilities }) => ({
    served: () => ({ ...capabilities, agent: { ...Acme.capabilities.agent, mintingHasSideEffects: false } })
  })),
  "a 200 that is not JSON is an InvalidResponseError": answer(({ status: told, text }) => ({
    status: text.startsWith("\u0000") ? 500 : told
  })),
  "a 200 with a web page is an InvalidResponseError": answer(({ status: told, text }) => ({
    status: text.startsWith("<") && told === 200 ? 500 : told
  })),
  "a redirect is an InvalidResponseError": send(
    (unchanged) => (request) =>
      Effect.catchTag(unchanged(request), "InvalidResponseError", (error) =>
        error.status === 307 ? unchanged({ ...request, url: new URL("/else", request.url) }) : Effect.fail(error)
      )
  ),
  "interruption aborts the call": mint(
    (unchanged) => (request) => Effect.flatMap(Effect.forkDetach(unchanged(request)), Fiber.join)
  ),
  "neither key nor token appears in a credential, an error or a span, even if the vendor echoes the key": dialect({
    advice: { AuthenticationError: `the key ${unknownKey} is of no use` }
  })
}
