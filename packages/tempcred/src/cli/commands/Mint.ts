/** `tempcred mint`: mints one credential, as an app does. */
import { choose } from "@tempcred/core/Connection"
import * as MintRequest from "@tempcred/core/MintRequest"
import * as Providers from "@tempcred/core/Providers"
import type { Purpose } from "@tempcred/core/Purpose"
import { TempCredential } from "@tempcred/core/TempCredential"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { connectionLine, httpCall } from "./ConnectionLine.ts"
import * as Emulators from "../Emulators.ts"
import { configurationFailure, type Failure, usageFailure, vendorFailure } from "../Failure.ts"
import * as Printing from "../Printing.ts"
import * as Settings from "../Settings.ts"
import * as Table from "../Table.ts"
import { adapters } from "../Vendors.ts"

/** The flags of the command. */
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

/** Reads the request from the flags; an invalid one is a usage error. */
const request = (options: Options): Effect.Effect<MintRequest.Decoded, Failure> => {
  const { maxSession, purpose, region, relax, singleUse, subject, ttl, usableFor } = options
  const onUnsupported = relax ? "relax" : "reject"
  const fields = { purpose, region, subject, singleUse, ttl, maxSession, usableFor, onUnsupported }
  return Effect.fromResult(
    // The user of the command has the long-lived key: the credential does not leave the backend.
    Result.mapError(MintRequest.decode({ ...fields, exposure: "server" }), ({ issues }) =>
      usageFailure(
        issues.map(({ field, message }) => `${flags[field] ?? `--${field}`} ${message}`).join("; "),
        "See `tempcred mint --help`."
      )
    )
  )
}

/** Every run mints a new credential. */
const fresh = { TEMPCRED_CACHE: "off" }

/** Reads the variables. With emulators it ignores the environment, so that no wrong variable can disturb. */
const variables = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Settings.Variables, Failure, Scope.Scope> {
  const { provider } = options
  if (options.emulator) {
    const vendors = provider ?? "soniox"
    return yield* Emulators.replaceVendors({ TEMPCRED_PROVIDER: vendors, ...fresh }, vendors)
  }
  const read = yield* Settings.read(options.config)
  return { ...read, ...(provider === undefined ? {} : { TEMPCRED_PROVIDER: provider }), ...fresh }
})

const advice = "Set it in the environment, or in a file with --config. `tempcred mint --emulator` needs no key."

/** Mints a credential and prints it. With `--connection`, an emulator runs until the credential expires. */
export const run = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<void, Failure, Scope.Scope> {
  const asked = yield* request(options)
  const layer = Layer.provide(Providers.layerConfig(adapters), [
    Transport.layer,
    Settings.layer(yield* variables(options))
  ])
  const credential = yield* TempCredentialProvider.use((provider) => provider.mint(asked)).pipe(
    Effect.provide(layer),
    Effect.catchTags({
      ConfigurationError: (error) => Effect.fail(configurationFailure(error, advice)),
      TempCredentialError: (error) => Effect.fail(vendorFailure(error))
    }),
    Printing.during("minting")
  )
  const now = yield* Clock.currentTimeMillis
  const lifetime = Duration.millis(Math.max(0, DateTime.toEpochMillis(credential.expiresAt) - now))
  yield* print(options, credential, lifetime)
  if (options.emulator && options.connection) {
    yield* Printing.note(
      `The emulator runs until the credential expires, in ${rounded(lifetime)}. Press Ctrl-C to stop it.`
    )
    yield* Effect.sleep(lifetime)
  }
})

const rounded = (length: Duration.Duration): string =>
  Duration.format(Duration.seconds(Math.round(Duration.toSeconds(length))))

const print = Effect.fnUntraced(function* (
  options: Options,
  credential: TempCredential,
  lifetime: Duration.Duration
): Effect.fn.Return<void> {
  const encoded = TempCredential.encode(credential)
  const token = options.showToken ? encoded.token : "<redacted>"
  if (!options.connection) {
    if (options.json) return yield* Printing.json({ ...encoded, token })
    const paint = yield* Printing.paint
    const style: Table.Style = (line, _, column) => (column === 0 ? paint("bold", line) : line)
    return yield* Printing.result(Table.render(rowsOf(credential, token, lifetime), yield* Printing.width, style))
  }
  const connection = Option.getOrElse(choose(credential.connections, "server"), () => credential.connections[0])
  const call = connection.kind === "http" ? httpCall(credential.provider, credential.purpose) : undefined
  const line = connectionLine(connection, call, options.showToken ? credential.token : undefined)
  yield* options.json ? Printing.json({ ...encoded, token, connection: line }) : Printing.result(line)
  yield* call === undefined ? printHttp(credential) : Printing.note(call.note)
})

/** Prints the HTTP command of a credential that is for WebSockets too, always without the token. */
const printHttp = ({ connections, provider, purpose }: TempCredential): Effect.Effect<void> => {
  const http = Option.getOrUndefined(choose(connections, "server", "http"))
  if (http === undefined) return Effect.void
  const call = httpCall(provider, purpose)
  return Printing.note(`Or over HTTP: ${connectionLine(http, call)}\n${call.note}`)
}

const sources: Readonly<Record<TempCredential["expirySource"], string>> = {
  vendor: "stated by the vendor",
  jwt: "stated in the token",
  request: "as requested",
  documented: "as documented by the vendor"
}

const rowsOf = (credential: TempCredential, token: string, lifetime: Duration.Duration): Table.Rows => {
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
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
}
