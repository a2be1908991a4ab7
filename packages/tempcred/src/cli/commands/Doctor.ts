/** `tempcred doctor`: checks configuration, network, vendors and endpoint, and gives advice. */
import type { Adapter } from "@tempcred/core/Adapter"
import type { Decoded } from "@tempcred/core/MintRequest"
import * as Providers from "@tempcred/core/Providers"
import type { Purpose } from "@tempcred/core/Purpose"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import { connect } from "@tempcred/redis/Redis"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { checkEndpoint } from "./doctor/Endpoint.ts"
import type { Finding } from "./doctor/Finding.ts"
import { checkVendor } from "./doctor/Vendor.ts"
import { configurationFailure, exitCodes, Failure } from "../Failure.ts"
import * as Printing from "../Printing.ts"
import * as Settings from "../Settings.ts"
import * as Table from "../Table.ts"
import { adapters } from "../Vendors.ts"

/** The flags of the command. */
export interface Options {
  readonly provider: string | undefined
  readonly purpose: Purpose
  readonly json: boolean
  readonly config: string | undefined
}

/** Checks the variables that do not belong to one vendor, and returns the chosen adapters. It builds stubs, which need no variables. */
const chosen = Effect.fnUntraced(function* (): Effect.fn.Return<ReadonlyArray<Adapter>, Failure, Scope.Scope> {
  const built: Array<string> = []
  const stubs = adapters.map((adapter) => ({
    ...adapter,
    layerConfig: Layer.effect(
      TempCredentialProvider,
      Effect.sync(() => {
        built.push(adapter.id)
        const mint = () => Effect.die("a stub does not mint")
        return { id: adapter.id, account: Effect.succeed(""), capabilities: adapter.capabilities, mint }
      })
    )
  }))
  yield* Layer.build(Layer.provide(Providers.layerConfig(stubs, { redis: connect }), Transport.layerFetch)).pipe(
    Effect.mapError((error) => configurationFailure(error))
  )
  return built.flatMap((id) => adapters.filter((adapter) => adapter.id === id))
})

/** Tells whether there are variables that only a token endpoint uses. */
const hasEndpoint = (variables: Settings.Variables): boolean =>
  Object.keys(variables).some((name) => /^TEMPCRED_(AUTH|LIMIT|POLICY)_/.test(name))

const colours = { ok: "green", failed: "red", skipped: "yellow" } as const

const print = Effect.fnUntraced(function* (findings: ReadonlyArray<Finding>): Effect.fn.Return<void> {
  const [paint, width] = [yield* Printing.paint, yield* Printing.width]
  const rows = findings.map(({ check, detail, outcome, provider }) => [
    outcome,
    provider,
    check,
    Printing.plain(detail)
  ])
  const style: Table.Style = (line, row, column) =>
    column === 0 ? paint(colours[findings[row]?.outcome ?? "ok"], line) : line
  yield* Printing.result(Table.render(rows, width, style))
  const advice = findings.flatMap((finding) =>
    finding.outcome === "failed" ? [["", `${finding.provider}, ${finding.check}: ${finding.advice}`]] : []
  )
  if (advice.length > 0) yield* Printing.result(`\nWhat to do:\n${Table.render(advice, width)}`)
})

/** Makes the failure with the lowest exit code: configuration before refusals before outages. */
const failureOf = (findings: ReadonlyArray<Finding>): Failure | undefined => {
  const failures = findings.flatMap((finding) => (finding.outcome === "failed" ? [finding] : []))
  const [first] = failures.toSorted((a, b) => exitCodes[a.kind] - exitCodes[b.kind])
  if (first === undefined) return undefined
  const checks = failures.length === 1 ? "1 check failed" : `${failures.length} checks failed`
  return new Failure({ kind: first.kind, summary: checks, advice: "See the advice for each failed check." })
}

/** Checks the configured vendors, and the token endpoint if it is configured. Prints the findings and fails if a check failed. */
export const run = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<void, Failure, Scope.Scope> {
  const { json, provider, purpose } = options
  const read = yield* Settings.read(options.config)
  const variables = provider === undefined ? read : { ...read, TEMPCRED_PROVIDER: provider }
  const request: Decoded = { purpose, singleUse: "preferred", exposure: "server" }
  const findings = yield* chosen().pipe(
    Effect.map((vendors) => vendors.map((vendor) => checkVendor(vendor, request))),
    Effect.map((checks) => (hasEndpoint(variables) ? [...checks, checkEndpoint] : checks)),
    Effect.flatMap((checks) => Effect.all(checks, { concurrency: 4 })),
    Effect.map((found) => found.flat()),
    Effect.provide(Settings.layer(variables)),
    Printing.during("checking")
  )
  yield* json ? Printing.json(findings) : print(findings)
  const failure = failureOf(findings)
  if (failure !== undefined) return yield* failure
})
