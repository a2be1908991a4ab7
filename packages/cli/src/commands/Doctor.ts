/** `tempcred doctor`: what works, what does not, and what to do about it. */
import type { Adapter } from "@tempcred/core/Adapter"
import type { Decoded } from "@tempcred/core/MintRequest"
import * as Providers from "@tempcred/core/Providers"
import type { Purpose } from "@tempcred/core/Purpose"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { layerFetch } from "@tempcred/core/Transport"
import { connect } from "@tempcred/redis/Redis"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Endpoint from "./doctor/Endpoint.ts"
import { examine } from "./doctor/Examination.ts"
import type { Finding } from "./doctor/Finding.ts"
import { exitCodes } from "../ExitCode.ts"
import { Failure, ofConfiguration } from "../Failure.ts"
import * as Printing from "../Printing.ts"
import { during } from "../Progress.ts"
import * as Settings from "../Settings.ts"
import * as Table from "../Table.ts"
import { adapters } from "../Vendors.ts"

/** What is asked on the command line. */
export interface Options {
  readonly provider: string | undefined
  readonly purpose: Purpose
  readonly json: boolean
  readonly config: string | undefined
}

/** Checks what is configured for all vendors alike, and gives those that are chosen: with adapters that need nothing, nothing else can be missing. */
const chosen = Effect.fnUntraced(function* (): Effect.fn.Return<ReadonlyArray<Adapter>, Failure, Scope.Scope> {
  const built: Array<string> = []
  const stubs = adapters.map((adapter) => ({
    ...adapter,
    layerConfig: Layer.effect(
      TempCredentialProvider,
      Effect.sync(() => {
        built.push(adapter.id)
        const mint = () => Effect.die("a stub mints nothing")
        return { id: adapter.id, account: Effect.succeed(""), capabilities: adapter.capabilities, mint }
      })
    )
  }))
  yield* Layer.build(Layer.provide(Providers.layerConfig(stubs, { redis: connect }), layerFetch)).pipe(
    Effect.mapError((error) => ofConfiguration(error))
  )
  return built.flatMap((id) => adapters.filter((adapter) => adapter.id === id))
})

/** Nobody sets these without a token endpoint. */
const isEndpoint = (variables: Settings.Variables): boolean =>
  Object.keys(variables).some((name) => /^TEMPCRED_(AUTH|LIMIT|POLICY)_/.test(name))

const colours = { ok: "green", failed: "red", skipped: "yellow" } as const

const table = (findings: ReadonlyArray<Finding>, paint: Printing.Paint): string => {
  const rows = findings.map(({ check, detail, outcome, provider }) => [
    paint(colours[outcome], outcome),
    provider,
    check,
    Printing.plain(detail)
  ])
  const advice = findings.flatMap((finding) =>
    finding.outcome === "failed" ? [`${finding.provider}, ${finding.check}: ${finding.advice}`] : []
  )
  return [
    Table.render(rows),
    ...(advice.length === 0 ? [] : ["", "What to do:", ...advice.map((line) => `  ${line}`)])
  ].join("\n")
}

/** The worst comes first: what is yours to mend, before what the vendor refuses, before what may pass by itself. */
const worst = (findings: ReadonlyArray<Finding>): Failure | undefined => {
  const failures = findings.flatMap((finding) => (finding.outcome === "failed" ? [finding] : []))
  const [first] = failures.toSorted((a, b) => exitCodes[a.fault] - exitCodes[b.fault])
  if (first === undefined) return undefined
  const checks = failures.length === 1 ? "1 check failed" : `${failures.length} checks failed`
  return new Failure({ fault: first.fault, summary: checks, advice: "What to do is said with each of them." })
}

/** Checks every vendor that is configured, and the token endpoint where one is, and prints what was found; fails with the worst of it. */
export const run = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<void, Failure, Scope.Scope> {
  const { json, provider, purpose } = options
  const read = yield* Settings.read(options.config)
  const variables = provider === undefined ? read : { ...read, TEMPCRED_PROVIDER: provider }
  const request: Decoded = { purpose, singleUse: "preferred", exposure: "server" }
  const findings = yield* chosen().pipe(
    Effect.map((vendors) => vendors.map((vendor) => examine(vendor, request))),
    Effect.map((vendors) => (isEndpoint(variables) ? [...vendors, Endpoint.examine] : vendors)),
    Effect.flatMap((subjects) => Effect.all(subjects, { concurrency: 4 })),
    Effect.provide(ConfigProvider.layer(Settings.provider(variables))),
    during("checking")
  )
  const all = findings.flat()
  yield* json ? Printing.json(all) : Printing.result(table(all, yield* Printing.paint))
  const failure = worst(all)
  if (failure !== undefined) return yield* failure
})
