import * as Adapter from "@tempcred/core/Adapter"
import { checkKey } from "@tempcred/core/ConfigurationError"
import * as Environment from "@tempcred/core/Environment"
import * as KeySource from "@tempcred/core/KeySource"
import * as Minter from "@tempcred/core/Minter"
import * as Providers from "@tempcred/core/Providers"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, vi } from "vitest"
import * as Provider from "../src/adapter/Provider.ts"
import * as Acme from "./acme.ts"
import { vendor } from "./keys.ts"

type Env = Readonly<Record<string, string>>

const withEnv = (env: Env) => Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { ...env } })))

const message = <A>(read: Effect.Effect<A, { readonly message: string }>, env: Env) =>
  read.pipe(withEnv(env), Effect.match({ onFailure: (error) => error.message, onSuccess: () => "nothing is wrong" }))

const revealed = (name: string, env: Env) =>
  Effect.map(withEnv(env)(Environment.secret(name)), (secret) => secret && Redacted.value(secret))

const file = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "tempcred-"))
  afterFile.push(() => rmSync(folder, { recursive: true }))
  const path = join(folder, "secret")
  writeFileSync(path, text)
  return path
}

const afterFile: Array<() => void> = []

afterEach(() => {
  for (const remove of afterFile.splice(0)) remove()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})

const { call, credential, dialect, response } = Acme.spec()

const adapter = Adapter.withConfig(
  Adapter.make({
    id: "acme",
    options: { apiKey: Adapter.key("ACME_API_KEY") },
    capabilities: Acme.capabilities,
    call,
    response,
    credential,
    dialect
  })
)

const { layerConfig } = adapter

describe("the environment", () => {
  const doors = { "an adapter's layerConfig": layerConfig, "Providers.layerConfig": Providers.layerConfig([adapter]) }

  it.each(Object.entries(doors))(
    "is read whenever a layer is built, so a corrected variable takes effect: %s",
    async (_, layer) => {
      const { state, transport } = vendor("right-key")
      const mint = async () => {
        await using minter = Minter.make(layer, { transport })
        return await minter.mint({ purpose: "stt.realtime" }).then(
          () => "minted",
          (error: Error) => error.message
        )
      }
      vi.stubEnv("TEMPCRED_PROVIDER", "acme")
      assert.strictEqual(await mint(), "ACME_API_KEY is not set")
      vi.stubEnv("ACME_API_KEY", "wrong-key")
      assert.match(await mint(), /no such key/)
      vi.stubEnv("ACME_API_KEY", "right-key")
      assert.strictEqual(await mint(), "minted")
      assert.deepStrictEqual(state.sent, ["wrong-key", "right-key"])
    }
  )

  it.effect("is not read if the app provides a ConfigProvider", () =>
    Effect.gen(function* () {
      vi.stubEnv("ACME_API_KEY", "from-the-environment")
      assert.strictEqual(yield* revealed("ACME_API_KEY", { ACME_API_KEY: "from-the-app" }), "from-the-app")
      assert.isUndefined(yield* revealed("ACME_API_KEY", {}))
    })
  )

  it.effect("without the permission to read it, the error says how to allow it", () =>
    Effect.gen(function* () {
      const denied = Object.assign(new Error("Requires env access"), { name: "NotCapable" })
      vi.stubGlobal("process", {
        get env() {
          throw denied
        }
      })
      const error = yield* Effect.flip(Environment.load(Environment.text("ACME_REGION")))
      assert.strictEqual(error.message, "the environment cannot be read: on Deno, allow it with --allow-env")
    })
  )
})

describe("the value of a variable", () => {
  it.effect("is trimmed of white space, line ends and a byte order mark", () =>
    Effect.gen(function* () {
      for (const value of ["sssh", "sssh\n", "sssh\r\n", " sssh ", "\uFEFFsssh", "\tsssh\n\n"]) {
        assert.strictEqual(yield* revealed("ACME_API_KEY", { ACME_API_KEY: value }), "sssh")
        assert.strictEqual(yield* withEnv({ ACME_REGION: value })(Environment.text("ACME_REGION")), "sssh")
      }
    })
  )
  it.effect("is rejected with quotation marks around it or a control character in it", () =>
    Effect.gen(function* () {
      const quoted = "ACME begins or ends with a quotation mark: write it without quotation marks"
      const control = "ACME holds a line end or another control character: write it in one line"
      const space = "ACME holds a space: copy it again"
      for (const [value, problem] of [
        ['"sssh"', quoted],
        ["'sssh'", quoted],
        ['sssh"\n', quoted],
        ["“sssh”", quoted],
        ["ss\nsh", control],
        ["ss\u0000sh", control],
        ["ss\u200Bsh", control],
        ["ss\uFEFFsh", control]
      ] as const) {
        assert.strictEqual(yield* message(Environment.text("ACME"), { ACME: value }), problem)
        assert.strictEqual(yield* message(Environment.secret("ACME"), { ACME: value }), problem)
      }
      assert.strictEqual(yield* message(Environment.secret("ACME"), { ACME: "ss sh" }), space)
      assert.strictEqual(yield* withEnv({ ACME: "ss sh" })(Environment.text("ACME")), "ss sh")
    })
  )
  it.effect("counts as not set if it is empty or blank", () =>
    Effect.gen(function* () {
      for (const value of ["", " ", "\n"]) {
        assert.isUndefined(yield* withEnv({ ACME: value })(Environment.text("ACME")))
        assert.isUndefined(yield* withEnv({ ACME: value })(Environment.list("ACME")))
        assert.isUndefined(yield* revealed("ACME", { ACME: value }))
      }
    })
  )
  it.effect("can be a list, separated by commas or line ends", () =>
    Effect.gen(function* () {
      const items = (value: string) => withEnv({ ACME: value })(Environment.list("ACME"))
      for (const value of ["a,b", " a , b ,", "a\nb\n", "a,\nb,\r\n"]) {
        assert.deepStrictEqual(yield* items(value), ["a", "b"])
      }
      assert.deepStrictEqual(yield* items("a,,b"), ["a", "", "b"])
      for (const value of ['"a","b"', "a,'b'"]) {
        assert.match(yield* message(Environment.list("ACME"), { ACME: value }), /^ACME begins or ends with a quotation/)
        assert.match(yield* message(Environment.secretList("ACME"), { ACME: value }), /^ACME begins or ends/)
      }
    })
  )
  it.effect("is rejected if it is a list separated by spaces", () =>
    Effect.gen(function* () {
      const expected = "ACME holds a space: write a comma between two items"
      assert.strictEqual(yield* message(Environment.list("ACME"), { ACME: "soniox speechmatics" }), expected)
    })
  )
  it.effect("is rejected in another format, with the allowed values", () =>
    Effect.gen(function* () {
      const port = Environment.value("ACME", Environment.wholeNumber(0, 10))
      for (const value of ["3", " 3\n"]) assert.strictEqual(yield* withEnv({ ACME: value })(port), 3)
      for (const value of ["-1", "11", "1.5", "1e1", "0x3", "three"]) {
        assert.strictEqual(yield* message(port, { ACME: value }), "ACME must be a whole number, 0 to 10")
      }
      const flag = Environment.value("ACME", Environment.boolean)
      for (const value of ["true", "TRUE", "True\n"]) assert.isTrue(yield* withEnv({ ACME: value })(flag))
      assert.isFalse(yield* withEnv({ ACME: "false" })(flag))
      assert.strictEqual(yield* message(flag, { ACME: "1" }), "ACME must be true or false")
    })
  )
})

describe("a secret in a file", () => {
  it.effect("is read without a FileSystem service, and trimmed", () =>
    Effect.gen(function* () {
      for (const text of ["sssh", "sssh\n", "\uFEFFsssh\r\n"]) {
        assert.strictEqual(yield* revealed("ACME_API_KEY", { ACME_API_KEY_FILE: `${file(text)}\n` }), "sssh")
      }
      const pairs = withEnv({ ACME_FILE: file("a=1\nb=2\n") })(Environment.secretList("ACME"))
      assert.deepStrictEqual((yield* pairs)?.map(Redacted.value), ["a=1", "b=2"])
    })
  )
  it.effect("is rejected with the name of its variable, without the file's content", () =>
    Effect.gen(function* () {
      const problem = (env: Env) => message(Environment.secret("ACME"), env)
      const missing = join(tmpdir(), "tempcred-no-such-file")
      assert.strictEqual(yield* problem({ ACME_FILE: missing }), "ACME_FILE names a file that cannot be read (ENOENT)")
      assert.match(yield* problem({ ACME_FILE: tmpdir() }), /^ACME_FILE names a file that cannot be read \(EISDIR\)$/)
      assert.strictEqual(yield* problem({ ACME_FILE: file(" \n") }), "ACME_FILE names a file that is empty")
      assert.match(yield* problem({ ACME_FILE: file('"sssh"\n') }), /^ACME_FILE begins or ends with a quotation mark/)
      assert.match(yield* problem({ ACME_FILE: "x", ACME: "y" }), /^ACME_FILE is set, and so is ACME: keep one/)
    })
  )
  it.effect("is read with the app's FileSystem if it provides one", () =>
    Effect.gen(function* () {
      const files = FileSystem.layerNoop({ readFileString: (path) => Effect.succeed(`sssh-in-${path}\n`) })
      const secret = Effect.provide(revealed("ACME", { ACME_FILE: "a-file" }), files)
      assert.strictEqual(yield* secret, "sssh-in-a-file")
    })
  )
  it.effect("is rejected on a runtime without files", () =>
    Effect.gen(function* () {
      for (const process of [undefined, {}, { getBuiltinModule: () => undefined }]) {
        vi.stubGlobal("process", process)
        assert.strictEqual(
          yield* message(Environment.secret("ACME"), { ACME_FILE: "a-file" }),
          "ACME_FILE cannot be used, as this runtime has no files: set ACME, or provide Effect's FileSystem"
        )
      }
    })
  )
  it("is read again when a vendor's key in it changes, without a FileSystem service", async () => {
    const path = file("\uFEFFold-key\n")
    const { state, transport } = vendor("old-key", "new-key")
    vi.stubEnv("ACME_API_KEY_FILE", path)
    await using minter = Minter.make(layerConfig, { transport })
    await minter.mint({ purpose: "stt.realtime" })
    writeFileSync(path, "new-key\r\nold-key\r\n")
    await minter.mint({ purpose: "stt.realtime" })
    assert.deepStrictEqual(state.sent, ["old-key", "new-key"])
  })
  it.effect("fails with the name of its variable if it contains no valid key", () =>
    Effect.gen(function* () {
      const problem = (text: string) => message(KeySource.fromConfig("ACME"), { ACME_FILE: file(text) })
      assert.strictEqual(yield* problem("\n"), "ACME_FILE names a file that holds no key")
      assert.match(yield* problem("good\n'sssh'\n"), /^ACME_FILE names a file that begins or ends with.* \(key 2\)$/)
      const missing = yield* message(KeySource.fromConfig("ACME"), { ACME_FILE: "/no/such/file" })
      assert.strictEqual(missing, "ACME_FILE names a file that cannot be read (ENOENT)")
    })
  )
})

describe("a long-lived key", () => {
  const build = (apiKey: unknown) =>
    Provider.make({ ...Acme.spec(), keys: { "ACME_API_KEY (apiKey)": apiKey as Redacted.Redacted } })
  const problem = (apiKey: unknown) =>
    build(apiKey).pipe(
      Effect.provide(vendor().transport),
      Effect.match({ onFailure: (error) => error.message, onSuccess: () => "nothing is wrong" })
    )

  it.effect("fails the layer with the name of its option if it is missing", () =>
    Effect.gen(function* () {
      for (const missing of [undefined, null]) {
        const expected = "ACME_API_KEY (apiKey) is not set: set it to the vendor's long-lived key"
        assert.strictEqual(yield* problem(missing), expected)
        assert.strictEqual(yield* problem(Redacted.make(missing)), expected)
        assert.strictEqual(yield* problem(KeySource.fixed(Redacted.make(missing as never))), expected)
        const source = KeySource.fromEffect(Effect.succeed(missing as never))
        assert.strictEqual(yield* problem(source), "ACME_API_KEY (apiKey) holds no key")
      }
      for (const empty of ["", " \n"]) assert.match(yield* problem(Redacted.make(empty)), /\(apiKey\) is empty:/)
      for (const other of ["sssh", 7, {}]) assert.match(yield* problem(other), /\(apiKey\) must be a Redacted/)
      assert.match(yield* problem(Redacted.make(7)), /\(apiKey\) must be a Redacted of text/)
      assert.match(yield* problem(KeySource.fromEffect(Effect.succeed([]))), /\(apiKey\) holds no key/)
    })
  )
  it.effect("is sent without white space, line ends or a byte order mark around it", () =>
    Effect.gen(function* () {
      for (const key of ["key\n", "key\r\n", " key ", "\uFEFFkey"]) {
        for (const source of [Redacted.make(key), KeySource.fixed(Redacted.make(key))]) {
          const { run, state } = vendor("key")
          yield* run(
            source,
            TempCredentialProvider.use(({ mint }) => mint({ purpose: "stt.realtime" }))
          )
          assert.deepStrictEqual(state.sent, ["key"])
          assert.deepStrictEqual(checkKey("ACME", Redacted.make(key)), [])
        }
      }
    })
  )
  it.effect("is rejected with quotation marks around it, without being shown", () =>
    Effect.gen(function* () {
      for (const key of ['"sssh"', "'sssh'\n", "`sssh`"]) {
        const expected = "ACME_API_KEY (apiKey) begins or ends with a quotation mark: write it without quotation marks"
        assert.strictEqual(yield* problem(Redacted.make(key)), expected)
      }
    })
  )
})

describe("a variable that begins with TEMPCRED_", () => {
  const wrong = (env: Env, prefixes: ReadonlyArray<string> = []) =>
    message(Environment.load(Effect.void, prefixes), env)

  it.effect("is rejected if misspelt, with the nearest known variable", () =>
    Effect.gen(function* () {
      for (const [misspelt, meant] of [
        ["TEMPCRED_RETRYS", "TEMPCRED_RETRIES"],
        ["TEMPCRED_PROVIDERS", "TEMPCRED_PROVIDER"],
        ["TEMPCRED_TIME_OUT", "TEMPCRED_TIMEOUT"],
        ["TEMPCRED_CAHCE", "TEMPCRED_CACHE"],
        ["TEMPCRED_ttl", "TEMPCRED_TTL"],
        ["TEMPCRED_AUTH_AUDIENCES", "TEMPCRED_AUTH_AUDIENCE"],
        ["TEMPCRED_METRIC", "TEMPCRED_METRICS"]
      ] as const) {
        const expected = `${misspelt} is not a variable of tempcred: did you mean ${meant}?`
        assert.strictEqual(yield* wrong({ [misspelt]: "sssh" }), expected)
        const env = { [misspelt]: "sssh", TEMPCRED_PROVIDER: "acme", ACME_API_KEY: "key" }
        for (const layer of [layerConfig, Providers.layerConfig([adapter])]) {
          const built = Layer.build(Layer.provide(layer, vendor().transport)).pipe(Effect.scoped)
          assert.strictEqual(yield* message(built, env), expected)
        }
      }
    })
  )
  it.effect("is rejected if it begins like a known variable, with the known ones", () =>
    Effect.gen(function* () {
      assert.match(
        yield* wrong({ TEMPCRED_TTL_SECONDS: "60" }),
        /^TEMPCRED_TTL_SECONDS is not a variable of tempcred: similar ones are TEMPCRED_TTL$/
      )
      assert.match(
        yield* wrong({ TEMPCRED_AUTH_REALM: "x" }, ["TEMPCRED_AUTH"]),
        /^TEMPCRED_AUTH_REALM is not a variable/
      )
    })
  )
  it.effect("is accepted if it is known, of another program, empty, or a Kubernetes link", () =>
    Effect.gen(function* () {
      const right = Object.fromEntries(Environment.variables.map((name) => [name, "x"]))
      const foreign = { TEMPCRED_ENDPOINT_URL: "x", TEMPCRED_URL: "x", TEMPCRED: "x", TEMPCREDS_TTL: "x" }
      for (const env of [right, foreign, { TEMPCRED_RETRYS: "", TEMPCRED_CAHCE: " " }, links("TEMPCRED")]) {
        assert.strictEqual(yield* wrong(env), "nothing is wrong")
      }
      for (const service of ["TEMPCRED_AUTH", "TEMPCRED_CACHE", "TEMPCRED_LIMIT", "TEMPCRED_POLICY_EU"]) {
        const prefixes = ["TEMPCRED_AUTH", "TEMPCRED_POLICY", "TEMPCRED_LIMIT"]
        assert.strictEqual(yield* wrong(links(service), prefixes), "nothing is wrong")
      }
      assert.isUndefined(yield* withEnv(links("TEMPCRED"))(Environment.text("TEMPCRED_PORT")))
    })
  )

  /** The variables that Kubernetes sets for a service. */
  const links = (service: string): Env => ({
    [`${service}_SERVICE_HOST`]: "10.0.0.1",
    [`${service}_SERVICE_PORT`]: "8787",
    [`${service}_SERVICE_PORT_HTTP`]: "8787",
    [`${service}_PORT`]: "tcp://10.0.0.1:8787",
    [`${service}_PORT_8787_TCP`]: "tcp://10.0.0.1:8787",
    [`${service}_PORT_8787_TCP_PROTO`]: "tcp",
    [`${service}_PORT_8787_TCP_PORT`]: "8787",
    [`${service}_PORT_8787_TCP_ADDR`]: "10.0.0.1"
  })
})

describe("TEMPCRED_PROVIDER", () => {
  const known = "known are soniox, speechmatics"
  const adapters = ["soniox", "speechmatics"].map((id): Adapter.Adapter => ({ ...adapter, id }))
  const chosen = (names: string) =>
    message(Layer.build(Layer.provide(Providers.layerConfig(adapters), vendor().transport)).pipe(Effect.scoped), {
      TEMPCRED_PROVIDER: names,
      ACME_API_KEY: "key"
    })

  it.effect("accepts names in any letter case, and a trailing comma", () =>
    Effect.gen(function* () {
      for (const names of ["soniox", "Soniox", "SONIOX ", "soniox, speechmatics,", "speechmatics,soniox"]) {
        assert.strictEqual(yield* chosen(names), "nothing is wrong")
      }
    })
  )
  it.effect("is rejected with an unknown name, with its position and the nearest known name", () =>
    Effect.gen(function* () {
      for (const [names, problem] of [
        ["sonix", `names an unknown provider: did you mean soniox? ${known}`],
        ["soniox,speachmatics", `names an unknown provider (name 2): did you mean speechmatics? ${known}`],
        ["sssh", `names an unknown provider; ${known}`],
        ["soniox,,speechmatics", `has an empty name (name 2); ${known}`],
        ["soniox,Soniox", `names soniox twice; ${known}`],
        [",", `has an empty name; ${known}`]
      ] as const) {
        assert.strictEqual(yield* chosen(names), `TEMPCRED_PROVIDER ${problem}`)
      }
    })
  )
})
