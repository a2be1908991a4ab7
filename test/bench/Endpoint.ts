/**
 * The requests per second of a token endpoint: ours, and Express with the vendor's own client, each in its own
 * process.
 */
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import { SignJWT } from "jose"
import { randomBytes } from "node:crypto"
import * as Load from "./Load.ts"
import * as Process from "./Process.ts"
import * as Profile from "./Profile.ts"
import { atLeastTimes, compare, type Options, type Row } from "./Row.ts"

const users = 64

const secret = randomBytes(32)
const audience = "speech"

/** Enables every feature of the endpoint, with limits above this load. */
const settings = {
  TEMPCRED_AUTH_JWT_SECRET: secret.toString("hex"),
  TEMPCRED_AUTH_AUDIENCE: audience,
  TEMPCRED_POLICY_PURPOSES: "stt.realtime",
  // Multi-use credentials, as single-use ones are never cached; the vendor's example has them as well.
  TEMPCRED_POLICY_SINGLE_USE: "asked",
  TEMPCRED_LIMIT_PER_MINUTE: "100000000",
  TEMPCRED_LIMIT_CONCURRENT: "64",
  TEMPCRED_PORT: "0",
  NODE_ENV: "production"
}

const sign = (user: string): Promise<string> =>
  new SignJWT()
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setAudience(audience)
    .setExpirationTime("1 hour")
    .sign(new TextEncoder().encode(settings.TEMPCRED_AUTH_JWT_SECRET))

const ours = { path: TokenEndpoint.path, status: 201 }
const express = { path: "/temporary-key", status: 200 }

const uncached = { ...ours, name: "tempcred", program: "endpoint", args: [] }
const cached = { ...ours, name: "tempcred", program: "endpoint", args: ["cached"] }
const example = { ...express, name: "Express with @soniox/node, as in its example", program: "express", args: [] }
const fair = {
  ...express,
  name: "Express with @soniox/node, and the same authentication",
  program: "express",
  args: ["authenticated"]
}
const bare = { ...ours, name: "node:http with one answer for all", program: "bare", args: [] }

interface Subject {
  readonly name: string
  readonly path: string
  readonly status: number
  readonly program: string
  readonly args: ReadonlyArray<string>
}

interface Measured extends Load.Loaded {
  /** The server's processor time for one request, in microseconds. */
  readonly work: number
  /** The vendor's share of a processor. */
  readonly vendorShare: number
}

interface Contestant extends AsyncDisposable {
  readonly name: string
  readonly measure: (milliseconds: number) => Promise<Measured>
  readonly seen: Array<Measured>
}

const program = (name: string): URL => new URL(`servers/${name}.ts`, import.meta.url)

interface Vendor {
  readonly origin: string
  readonly env: Readonly<Record<string, string>>
}

type Server = Process.Serving<Pick<Vendor, "origin">>

const contestant = (name: string, server: Server, vendor: Server, target: Omit<Load.Target, "origin">): Contestant => {
  const load = Load.open({ ...target, origin: server.ready.origin })
  return {
    name,
    seen: [],
    measure: async (milliseconds) => {
      const before = { server: Load.used(server.pid), vendor: Load.used(vendor.pid), at: performance.now() }
      const loaded = await load.run(milliseconds)
      const elapsed = performance.now() - before.at
      return {
        ...loaded,
        work: ((Load.used(server.pid) - before.server) * 1000) / (loaded.perSecond * (elapsed / 1000)),
        vendorShare: (Load.used(vendor.pid) - before.vendor) / elapsed
      }
    },
    [Symbol.asyncDispose]: async () => {
      await load.close()
      await server[Symbol.asyncDispose]()
    }
  }
}

const enter = async (
  vendor: Process.Serving<Vendor>,
  tokens: ReadonlyArray<string>,
  { args, name, path, program: file, status }: Subject,
  flags: ReadonlyArray<string> = []
): Promise<Contestant> => {
  const env = { ...settings, ...vendor.ready.env }
  const server: Server = await Process.serve(program(file), args, { env, flags })
  const body = JSON.stringify({ purpose: "stt.realtime" })
  return contestant(name, server, vendor, { path, status, body, tokens })
}

/** The upper bound on this machine: mints directly at the vendor. */
const direct = (vendor: Process.Serving<Vendor>): Contestant =>
  contestant("the emulated vendor, asked directly", vendor, vendor, {
    path: "/v1/auth/temporary-api-key",
    status: 201,
    body: JSON.stringify({ usage_type: "transcribe_websocket", expires_in_seconds: 300 }),
    tokens: [vendor.ready.env["SONIOX_API_KEY"] ?? ""]
  })

/** Measures alternating rounds. */
const race = async (contestants: ReadonlyArray<Contestant>, rounds: number, milliseconds: number): Promise<void> => {
  // Warms up, so that compilation is not measured.
  for (const { measure } of contestants) await measure(2 * milliseconds)
  for (let round = 0; round < rounds; round++) {
    for (const { measure, seen } of contestants) seen.push(await measure(milliseconds))
  }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

/** Describes the vendor's share of a processor, if the system provides it. */
const share = ({ seen }: Contestant): string => {
  const mean = seen.reduce((sum, { vendorShare }) => sum + vendorShare, 0) / seen.length
  return Number.isNaN(mean) ? "" : `; the emulated vendor used ${percent(mean)} of a processor meanwhile`
}

interface Case {
  readonly kind: string
  /** The least multiple of the example's rate. */
  readonly limit: number
  readonly obstacle: string | undefined
  readonly how: string
}

const rowsOf = (
  own: Contestant,
  peers: ReadonlyArray<Contestant>,
  bounds: ReadonlyArray<Contestant>,
  { how, kind, limit, obstacle }: Case
) => {
  const figures = (pick: (measured: Measured) => number, most: ReadonlyArray<Contestant> = []) => {
    const numbers = ({ name, seen }: Contestant) => ({ name, rounds: seen.map(pick) })
    return compare(numbers(own), peers.map(numbers), most.map(numbers))
  }
  const speed = figures(({ perSecond }) => perSecond, bounds)
  const rows: ReadonlyArray<Row> = [
    {
      ...speed,
      question: `The token endpoint, ${kind}: requests per second`,
      unit: "requests",
      better: "more",
      targets: [{ ...atLeastTimes(limit, speed, example.name), obstacle }],
      note: how + share(own)
    },
    {
      ...figures(({ p99 }) => p99),
      question: `The token endpoint, ${kind}: the 99th percentile of request times`,
      unit: "ms",
      note: `${how}; each connection sends its next request after a response, so that slow servers receive fewer`
    },
    {
      ...figures(({ work }) => work),
      question: `The token endpoint, ${kind}: processor time of the server for a request`,
      unit: "µs",
      note: `${how}; other work on the machine does not change it`
    }
  ]
  // Only Linux provides the processor time of other processes.
  return rows.filter(({ ours: { value } }) => !Number.isNaN(value))
}

/** Profiles a warm server alone. */
const profile = (tokens: ReadonlyArray<string>, subject: Subject, milliseconds: number): Promise<string> =>
  Profile.of(async (flags) => {
    await using vendor = await Process.serve<Vendor>(program("vendor"))
    await using server = await enter(vendor, tokens, subject, flags)
    await server.measure(milliseconds)
    await server.measure(milliseconds)
    return milliseconds
  })

export const rows = async ({ quick }: Options): Promise<ReadonlyArray<Row>> => {
  const rounds = quick ? 2 : 9
  const milliseconds = quick ? 150 : 2000
  const tokens = await Promise.all(Array.from({ length: users }, (_, user) => sign(`user-${user}`)))
  await using stack = new AsyncDisposableStack()
  const vendor = stack.use(await Process.serve<Vendor>(program("vendor")))
  const start = async (subject: Subject) => stack.use(await enter(vendor, tokens, subject))
  const [minting, caching, shown, alike, most] = await Promise.all([
    start(uncached),
    start(cached),
    start(example),
    start(fair),
    start(bare)
  ])
  const vendorAlone = stack.use(direct(vendor))
  await race([minting, caching, shown, alike, most, vendorAlone], rounds, milliseconds)
  const how = `median of ${rounds} rounds of ${milliseconds} ms with 64 connections and ${users} users, taking turns; load, server and vendor are processes of this machine, ours with JWTs by a secret, policy and limits on, of which the vendor's example has nothing, and the other Express the JWTs`
  const why = async (subject: Subject) => (quick ? undefined : await profile(tokens, subject, 2 * milliseconds))
  const each = { kind: "each request a mint", limit: 2.5, obstacle: await why(uncached), how }
  const kept = { kind: "with a cache before the vendor", limit: 8, obstacle: await why(cached), how }
  return [
    ...rowsOf(minting, [shown, alike], [vendorAlone, most], each),
    ...rowsOf(caching, [shown, alike], [most], kept)
  ]
}
