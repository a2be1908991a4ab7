/** `tempcred mint`: one credential, minted as an app would. */
import { choose } from "@tempcred/core/Connection"
import * as MintRequest from "@tempcred/core/MintRequest"
import * as Providers from "@tempcred/core/Providers"
import type { Purpose } from "@tempcred/core/Purpose"
import { encode, type TempCredential } from "@tempcred/core/TempCredential"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import * as NodeTransport from "@tempcred/node/NodeTransport"
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Emulators from "../Emulators.ts"
import { type Failure, ofConfiguration, ofVendor, usage } from "../Failure.ts"
import { connectionLine } from "./mint/ConnectionLine.ts"
import * as HttpCall from "./mint/HttpCall.ts"
import * as Printing from "../Printing.ts"
import { during } from "../Progress.ts"
import * as Settings from "../Settings.ts"
import * as Table from "../Table.ts"
import { adapters } from "../Vendors.ts"

/** What is asked on the command line. */
export interface Options {
  readonly provider: string | undefined
  readonly purpose: Purpose
  readonly ttl: string | undefined
  readonly subject: string | undefined
  readonly singleUse: boolean
  readonly maxSession: string | undefined
  readonly usableFor: string | undefined
  readonly region: string | undefined
  readonly relax: boolean
  readonly emulator: boolean
  readonly json: boolean
  readonly showToken: boolean
  readonly connection: boolean
  readonly config: string | undefined
}

const flags: Readonly<Record<string, string>> = {
  maxSession: "--max-session",
  onUnsupported: "--relax",
  singleUse: "--single-use",
  usableFor: "--usable-for"
}

/** Reads what was asked; what no vendor could understand is a matter of usage. */
const request = (options: Options): Effect.Effect<MintRequest.Decoded, Failure> => {
  const { maxSession, purpose, region, relax, singleUse, subject, ttl, usableFor } = options
  const onUnsupported = relax ? "relax" : "reject"
  const asked = { purpose, region, subject, singleUse, ttl, maxSession, usableFor, onUnsupported }
  return Effect.fromResult(
    // Who runs this holds the long-lived key: the credential does not leave the backend.
    Result.mapError(MintRequest.decode({ ...asked, exposure: "server" }), ({ issues }) =>
      usage(
        issues.map(({ field, message }) => `${flags[field] ?? `--${field}`} ${message}`).join("; "),
        "See `tempcred mint --help`."
      )
    )
  )
}

/** A credential is wanted, not one that is kept somewhere. */
const fresh = { TEMPCRED_CACHE: "off" }

/** With emulators, nothing of the environment is read, so that nothing of it can be wrong. */
const variables = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Settings.Variables, Failure, Scope.Scope> {
  const { provider } = options
  if (options.emulator) {
    const vendors = provider ?? "soniox"
    return yield* Emulators.inPlace({ TEMPCRED_PROVIDER: vendors, ...fresh }, vendors)
  }
  const read = yield* Settings.read(options.config)
  return { ...read, ...(provider === undefined ? {} : { TEMPCRED_PROVIDER: provider }), ...fresh }
})

/** Mints and prints. Emulators stay until the credential expires where a connection to them was asked for, and else end at once. */
export const run = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<void, Failure, Scope.Scope> {
  const asked = yield* request(options)
  const layer = Layer.provide(Providers.layerConfig(adapters), NodeTransport.layer).pipe(
    Layer.provide(ConfigProvider.layer(Settings.provider(yield* variables(options))))
  )
  const credential = yield* TempCredentialProvider.use((provider) => provider.mint(asked)).pipe(
    Effect.provide(layer),
    Effect.catchTags({
      ConfigurationError: (error) => Effect.fail(ofConfiguration(error, advice)),
      TempCredentialError: (error) => Effect.fail(ofVendor(error))
    }),
    during("minting")
  )
  const now = yield* Clock.currentTimeMillis
  const lifetime = Duration.millis(Math.max(0, DateTime.toEpochMillis(credential.expiresAt) - now))
  yield* print(options, credential, lifetime)
  if (options.emulator && options.connection) {
    yield* Printing.note(
      `The emulator stays for ${rounded(lifetime)}, until the credential expires; stop it with Ctrl-C.`
    )
    yield* Effect.sleep(lifetime)
  }
})

const rounded = (length: Duration.Duration): string =>
  Duration.format(Duration.seconds(Math.round(Duration.toSeconds(length))))

const advice = "Set it in the environment or in a file that --config names; `tempcred mint --emulator` needs no key."

const print = Effect.fnUntraced(function* (
  options: Options,
  credential: TempCredential,
  lifetime: Duration.Duration
): Effect.fn.Return<void> {
  const encoded = encode(credential)
  const token = options.showToken ? encoded.token : "<redacted>"
  if (!options.connection) {
    if (options.json) return yield* Printing.json({ ...encoded, token })
    return yield* Printing.result(table(credential, token, lifetime, yield* Printing.paint))
  }
  const connection = Option.getOrElse(choose(credential.connections, "server"), () => credential.connections[0])
  const call = connection.kind === "http" ? HttpCall.of(credential.provider, credential.purpose) : undefined
  const line = connectionLine(connection, call, options.showToken ? credential.token : undefined)
  yield* options.json ? Printing.json({ ...encoded, token, connection: line }) : Printing.result(line)
  if (call !== undefined) yield* Printing.note(call.note)
  if (connection.kind !== "http") yield* printFurther(credential)
})

/** What a credential is good for beside a WebSocket; nobody asked to see the token twice. */
const printFurther = Effect.fnUntraced(function* ({
  connections,
  provider,
  purpose
}: TempCredential): Effect.fn.Return<void> {
  const http = Option.getOrUndefined(choose(connections, "server", "http"))
  if (http === undefined) return
  const call = HttpCall.of(provider, purpose)
  yield* Printing.note(`Or over HTTP: ${connectionLine(http, call)}\n${call.note}`)
})

const sources: Readonly<Record<TempCredential["expirySource"], string>> = {
  vendor: "stated by the vendor",
  jwt: "read from the token",
  request: "as asked for",
  documented: "as the vendor documents"
}

const table = (
  credential: TempCredential,
  token: string,
  lifetime: Duration.Duration,
  paint: Printing.Paint
): string => {
  const { connections, expiresAt, expirySource, maxSession, provider, purpose, region } = credential
  const { relaxed, subject, usableUntil, uses } = credential
  const rows: ReadonlyArray<readonly [name: string, value: string | undefined]> = [
    ["provider", provider],
    ["purpose", purpose],
    ["token", token],
    ["expires", `${DateTime.formatIso(expiresAt)} (in ${rounded(lifetime)}, ${sources[expirySource]})`],
    ["uses", uses],
    ["usable until", usableUntil === undefined ? undefined : DateTime.formatIso(usableUntil)],
    ["max session", maxSession === undefined ? undefined : Duration.format(maxSession)],
    ["subject", subject],
    ["region", region],
    ["not enforced", relaxed.length === 0 ? undefined : relaxed.join(", ")],
    ...connections.map(({ kind, placement, url, where }, index) => {
      const heading = index === 0 ? "connections" : ""
      return [heading, `${url} (${kind}, ${where}, token in ${placement.in})`] as const
    })
  ]
  return Table.render(rows.flatMap(([name, value]) => (value === undefined ? [] : [[paint("bold", name), value]])))
}
