/** An app that prints everything that it gets from the package; no secret is in what it prints. */
import { deepStrictEqual } from "node:assert"
import { format, inspect } from "node:util"
import { serialize } from "node:v8"
import { ConfigurationError, createMinter, TempcredError } from "tempcred"
import { serve, Soniox } from "tempcred/emulator"
import { redis } from "tempcred/redis"
import { bearer, createEndpoint, jwt } from "tempcred/server"
import { createMinter as createSonioxMinter, soniox } from "tempcred/soniox"

const secrets: Record<string, string> = {
  key: "planted-long-lived-key",
  further: "planted-key-of-a-region",
  password: "planted-redis-password",
  encryption: Buffer.from("planted-encryption-key-32-bytes!").toString("base64"),
  jwt: "planted-secret-that-signs-our-jwts",
  bearer: "planted-token-of-a-caller",
  hashing: Buffer.from("planted-secret-that-hashes-names").toString("base64")
}
const [key, jwtSecret, token] = [secrets["key"] ?? "", secrets["jwt"] ?? "", secrets["bearer"] ?? ""]

/** Everything that an app or a logger could do with a value. */
const printed = (value: unknown): ReadonlyArray<string> => {
  const attempt = (print: () => string) => {
    try {
      return print()
    } catch (error) {
      return inspect(error, { depth: 10, showHidden: true })
    }
  }
  return [
    () => inspect(value, { depth: 10, showHidden: true }),
    () => inspect(value, { depth: 10, showHidden: true, customInspect: false }),
    () => inspect(value, { depth: 10, getters: true }),
    () => format("%s %o %O %j", value, value, value, value),
    () => String(value),
    () => JSON.stringify(value) ?? "",
    () => inspect(structuredClone(value), { depth: 10 }),
    () => serialize(value).toString("latin1"),
    () => inspect(new Error(String(value), { cause: value }), { depth: 10, showHidden: true }),
    () => inspect({ ...Object(value) }, { depth: 10, showHidden: true }),
    () => (deepStrictEqual({ nested: value }, { nested: 1 }), "")
  ].map(attempt)
}

let checked = 0
const check = (name: string, value: unknown): void => {
  for (const text of printed(value)) {
    checked += 1
    const found = Object.keys(secrets).find((secret) => text.includes(secrets[secret] ?? ""))
    if (found !== undefined) throw new Error(`${name} shows the secret "${found}"`)
  }
}

const rejection = (work: Promise<unknown>) =>
  work.then(
    () => new Error("it resolved"),
    (error: unknown) => error
  )

const emulator = Soniox.make({ apiKey: key })
const server = await serve(emulator)
const observed: Array<unknown> = []
const onEvent = (event: unknown) => void observed.push(event)
const env = { ...emulator.env(server.origin), SONIOX_API_KEY: key }
const sonioxOptions = { baseUrl: server.origin, regionKeys: { eu: secrets["further"] ?? "" } }
const cache = redis({ url: `redis://user:${secrets["password"]}@127.0.0.1:1`, key: secrets["encryption"] })
const provider = soniox({ apiKey: key, ...sonioxOptions })
const authenticate = bearer([{ token, subject: "ana", claims: { team: "red" } }])
const minters = [
  createMinter({ provider: "soniox", env, onEvent, cache, retries: 0 }),
  createMinter({ providers: [provider], env: {}, onEvent, retries: 0 }),
  createSonioxMinter({ apiKey: async () => [key], baseUrl: server.origin, onEvent, retries: 0 })
]
const [minter = createMinter()] = minters
const endpoint = createEndpoint({
  minter,
  authenticate,
  policy: { hashSubjectsWith: secrets["hashing"] },
  limits: { store: cache },
  onRequest: (entry) => void observed.push(entry),
  onError: (error) => void observed.push(error)
})
const other = createEndpoint({ minter, authenticate: jwt({ secret: jwtSecret, audience: "speech" }) })
const made = { minters, endpoint, other, cache, provider, authenticate, jwt: jwt({ secret: jwtSecret }) }
check("what is made, before its use", made)

const ask = (headers: Record<string, string>) =>
  endpoint.fetch(
    new Request(`https://app.example.com/token?access_token=${token}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ purpose: "stt.realtime" })
    })
  )
for (const one of minters) {
  const credential = await one.mint({ purpose: "stt.realtime", subject: `ana ${minters.indexOf(one)}` })
  secrets[`token ${minters.indexOf(one)}`] = credential.token
  check("a credential", credential)
  check("a list of credentials", new Map([["one", [credential]]]))
}
const answer: { readonly token: string } = JSON.parse(await (await ask({ authorization: `Bearer ${token}` })).text())
secrets["token of the endpoint"] = answer.token

// The vendor repeats the key, in each of the ways in which it fails.
for (const status of [400, 401, 403, 404, 409, 429, 500, 503]) {
  const body = JSON.stringify({ status_code: status, error_type: key, message: `${key} is refused`, request_id: key })
  for (const [index, one] of minters.entries()) {
    emulator.faults.add(Soniox.mintRoute, { status, body, headers: { "content-type": "application/json" } })
    const error = await rejection(one.mint({ purpose: "stt.realtime", subject: `${status} ${index}` }))
    if (!(error instanceof TempcredError)) throw new Error(`no failed mint with ${status}: ${String(error)}`)
    check(`the error for ${status}`, error)
  }
}
emulator.faults.add(Soniox.mintRoute, { status: 401, body: key })
const refused = await ask({ authorization: `Bearer ${token}`, "x-request-id": "1" })
check("a refusal", [await refused.text(), [...refused.headers]])
const stranger = await ask({ authorization: `Bearer ${token}2` })
check("a refusal of a stranger", [await stranger.text(), [...stranger.headers]])

for (const build of [
  () => createMinter({ provider: "soniox", env: { ...env, SONIOX_API_KEY: `${key}\u0007` } }).ready(),
  () => createMinter({ provider: "soniox", env: { ...env, TEMPCRED_TTL: key } }).ready(),
  () => createMinter({ provider: "soniox", env: { ...env, SONIOX_API_BASE_URL: `http://user:${key}@` } }).ready(),
  () => createMinter({ provider: "soniox", env: { ...env, TEMPCRED_RETIRES: key } }).ready(),
  () => createMinter({ providers: [soniox({ apiKey: `${key}"` })], env: {} }).ready(),
  () => createMinter({ provider: "soniox", env, cache: redis({ url: `http://a:${secrets["password"]}@b` }) }).ready(),
  () => createMinter({ provider: "soniox", env, cache: redis({ url: "redis://a", key: `${key}!` }) }).ready(),
  () => createEndpoint({ minter, authenticate: jwt({ secret: key.slice(0, 20), audience: key }) }).ready(),
  () => createEndpoint({ minter, authenticate: bearer([{ token: `${token} é`, subject: "ana" }]) }).ready(),
  () => createEndpoint({ minter, authenticate, policy: { hashSubjectsWith: `${key}!` } }).ready()
]) {
  const error = await rejection(build())
  if (!(error instanceof ConfigurationError)) throw new Error(`${build.toString()} gives ${String(error)}`)
  check("the error of a wrong option", error)
}
const unreachable = createMinter({ providers: [soniox({ apiKey: key, baseUrl: "http://127.0.0.1:1" })], retries: 0 })
check("the error of a connection", await rejection(unreachable.mint({ purpose: "stt.realtime" })))

check("events, log entries and errors", observed)
check("what is made, after its use", made)
for (const one of [endpoint, other, ...minters, unreachable, server]) await one.close()
check("what is made, after its end", made)
const isEnough = checked > 300 && observed.length > 20
process.stdout.write(isEnough ? "no secret is shown\n" : `only ${checked} values, ${observed.length} events\n`)

// What Node prints of a rejection that nobody handles; the check of the packages reads it.
const last = createSonioxMinter({ apiKey: key, fetch: async () => Response.json({ message: key }, { status: 401 }) })
void last.mint({ purpose: "stt.realtime" })
