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
  "a missing or malformed key fails by its variable's name, before any call": option("apiKey", ({ key, ...examined }) =>
    key === undefined ? examined : { ...examined, key, keys: { apiKey: key } }
  ),
  "a URL that is not encrypted fails by its variable's name, before any call": option("baseUrl", (examined) => ({
    ...examined,
    issues: []
  })),
  "the configured address is called, and no other": call(() => ({ url: "https://api.acme.example/tokens" })),
  "every purpose that it declares is served, and every other is refused without a call": {
    ...good,
    capabilities: { "stt.realtime": Acme.capabilities["stt.realtime"] }
  },
  "a ttl outside the range, or of half a second, is refused without a call and names the range": mint(
    (unchanged) => (request) => unchanged(request.ttl === undefined ? request : { ...request, onUnsupported: "relax" })
  ),
  "both ends of the ttl range are served, and the credential lives as long as was asked": call((written, request) => ({
    body: { ...written.body, ttl: Math.max(request.ttlSeconds, 90) }
  })),
  "a ttl that is relaxed becomes the nearest one allowed, and is listed": credential(() => ({ relaxed: [] })),
  "single use is asked of the vendor, or always so, or refused without a call, or relaxed and listed": body({
    once: undefined
  }),
  "a session limit is asked of the vendor, or refused without a call": body({ session: undefined }),
  "a second end is asked of the vendor and told, or refused without a call": body({ end: undefined }),
  "a session's configuration is told to the vendor with its lock, or refused without a call": call((written) => ({
    body: { ...written.body, bound: undefined }
  })),
  "a subject that counts is told to the vendor, and one that is too long, or needed and absent, is refused": body({
    subject: undefined
  }),
  "a region that it does not know is refused without a call": mint(
    (unchanged) =>
      ({ region: _, ...request }) =>
        unchanged(request)
  ),
  "one mint is one call": mint((unchanged) => (request) => Effect.andThen(unchanged(request), unchanged(request))),
  "the key travels in a header and nowhere else, with no trace headers beside it": call(() => ({
    query: { key: Acme.key }
  })),
  "it says how to connect, for clients too, with a placeholder for the token": credential(({ token }) => ({
    connections: [
      {
        kind: "websocket",
        url: `wss://speech.acme.example/?token=${Redacted.value(token)}`,
        where: "anywhere",
        placement: { in: "url" }
      }
    ]
  })),
  "a vendor's clock that is ten minutes off moves no expiry, but a fast one ends sooner a moment that the vendor was told":
    answer(({ headers }) => ({
      headers: { ...headers, date: undefined }
    })),
  "an answer that is long under way makes no credential live longer": credential(({ expiresAt, issuedAt }) => ({
    expiresAt: DateTime.addDuration(DateTime.nowUnsafe(), DateTime.distance(issuedAt, expiresAt))
  })),
  "fields that it does not know are tolerated in an answer": answer(({ text }) => ({
    text: text.includes("unexpected") ? "{}" : text
  })),
  "an answer without the token is an InvalidResponseError, and is not asked for again": answer(
    ({ status: told, text }) => ({
      status: text === "{}" ? 500 : told
    })
  ),
  "an answer whose token is the long-lived key is an InvalidResponseError, and is not asked for again": answer(
    ({ text }) => ({ text: text.replace(/"token":"[^"]*"/, '"token":"another"') })
  ),
  "an answer over 64 KiB is an InvalidResponseError, and is not asked for again": call(() => ({ maxBytes: 100_000 })),
  "a refused key is an AuthenticationError in the vendor's own words, after one call": dialect({
    read: ({ code }) => ({ code, detail: "the key was refused" })
  }),
  "a vendor's words are cut at 300 characters and cannot forge log lines": dialect({
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
  "a reset is a TransportError and is retried, unless the mint has side effects": send(
    (unchanged) => (request) => Effect.mapError(unchanged(request), (error) => (isCutOff(error) ? error : unreadable))
  ),
  "an answer that is cut off is a TransportError and is retried, unless the mint has side effects": send(
    (unchanged) => (request) => Effect.mapError(unchanged(request), (error) => (isCutOff(error) ? unreadable : error))
  ),
  "a vendor that hangs is a TransportError and is retried, unless the mint has side effects": mint(
    (unchanged) => (request) =>
      Effect.timeoutOrElse(unchanged(request), { duration: "50 millis", orElse: () => Effect.fail(unavailable) })
  ),
  "an answer that drips past the time-out is a TransportError and is retried, unless the mint has side effects": {
    ...good,
    layerConfig: good.layerConfig.pipe(
      Layer.provide(Layer.orDie(RetryPolicy.layer({ attemptTimeout: Duration.seconds(5) })))
    )
  },
  "where an answer is lost on its way, a mint is repeated for a purpose without side effects, and for no other":
    definition(({ capabilities }) => ({
      served: () => ({ ...capabilities, agent: { ...Acme.capabilities.agent, mintingHasSideEffects: false } })
    })),
  "a 200 that is no JSON is an InvalidResponseError": answer(({ status: told, text }) => ({
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
  "neither key nor token shows in a credential, an error or a span, even where the vendor echoes the key": dialect({
    advice: { AuthenticationError: `the key ${unknownKey} is of no use` }
  })
}
