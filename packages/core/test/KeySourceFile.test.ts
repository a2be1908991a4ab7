import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import type { Event } from "@tempcred/core/Events"
import * as KeySource from "@tempcred/core/KeySource"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { mint, redacted, tags, vendor } from "./keys.ts"

/** A new file for each test, and a function that writes it. */
const temporary = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const path = `${yield* files.makeTempDirectoryScoped()}/keys`
  return { files, path, write: (text: string) => files.writeFileString(path, text) }
})

const onDisk = Effect.provide(NodeFileSystem.layer)

describe("a key file", () => {
  it.effect("has one key per line, newest first, and is read again after a change", () =>
    Effect.gen(function* () {
      const { path, write } = yield* temporary
      yield* write("old-key")
      const { run, state } = vendor("old-key", "new-key")
      const events: Array<Event> = []
      const program = Effect.gen(function* () {
        yield* mint
        yield* write("new-key\r\nold-key\r\n")
        yield* mint
        yield* write("new-key\n")
        yield* mint
      })
      yield* run(yield* KeySource.fromFile(path), program, events)
      assert.deepStrictEqual(state.sent, ["old-key", "new-key", "new-key"])
      assert.deepStrictEqual(tags(events), ["KeysReloaded", "KeysReloaded"])
    }).pipe(onDisk)
  )

  it.effect("that is half-written, empty, missing or a folder leaves the previous keys in use", () =>
    Effect.gen(function* () {
      const { files, path, write } = yield* temporary
      yield* write("old-key\n")
      const { run, state } = vendor("old-key", "new-key")
      const events: Array<Event> = []
      const program = Effect.gen(function* () {
        for (const text of ["", "\n\n", "new-key\nold key\n", "new-key\n\u0000\u0000"]) {
          yield* write(text)
          yield* mint
        }
        yield* files.remove(path)
        yield* mint
        yield* files.makeDirectory(path)
        yield* mint
        yield* files.remove(path, { recursive: true })
        yield* write("new-key\n")
        yield* mint
      })
      yield* run(yield* KeySource.fromFile(path), program, events)
      assert.deepStrictEqual(new Set(state.sent.slice(0, -1)), new Set(["old-key"]))
      assert.strictEqual(state.sent.at(-1), "new-key")
      assert.deepStrictEqual(tags(events), ["KeysNotReloaded", "KeysReloaded"])
    }).pipe(onDisk)
  )

  it.effect("is read again if the vendor refuses a half-written key", () =>
    Effect.gen(function* () {
      const { path, write } = yield* temporary
      yield* write("new-k")
      const { run, state } = vendor("new-key")
      const files = yield* FileSystem.FileSystem
      const reads: Array<string> = []
      const slow = FileSystem.makeNoop({
        readFileString: (name) =>
          Effect.tap(files.readFileString(name), (text) => {
            reads.push(text)
            return reads.length === 2 ? write("new-key\n") : Effect.void
          })
      })
      const source = yield* Effect.provideService(KeySource.fromFile(path), FileSystem.FileSystem, slow)
      yield* run(source, mint)
      assert.deepStrictEqual(state.sent, ["new-k", "new-key"])
    }).pipe(onDisk, Effect.orDie)
  )

  it.effect("that is invalid at the start fails the layer with the option's name, without its content", () =>
    Effect.gen(function* () {
      const { path, write } = yield* temporary
      const { run, state } = vendor("old-key")
      const failure = Effect.flatMap(KeySource.fromFile(path), (source) => Effect.flip(run(source, mint)))
      assert.strictEqual((yield* failure).message, "ACME_API_KEY (apiKey) cannot be read")
      for (const [text, problem] of [
        ["", "holds no key"],
        ["two words\n", "holds a space, a line end or another character that no key has: copy the key again"],
        [
          "good\ntwo words",
          "holds a space, a line end or another character that no key has: copy the key again (key 2)"
        ]
      ] as const) {
        yield* write(text)
        assert.strictEqual((yield* failure).message, `ACME_API_KEY (apiKey) ${problem}`)
      }
      assert.deepStrictEqual(state.sent, [])
    }).pipe(onDisk)
  )
})

describe("keys from the environment", () => {
  const source = (env: Readonly<Record<string, string>>) =>
    KeySource.fromConfig("ACME_API_KEY").pipe(
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { ...env } })))
    )
  const keys = (env: Readonly<Record<string, string>>) =>
    Effect.flatMap(source(env), (found) => Effect.map(found.keys, (all) => all.map((key) => Redacted.value(key))))
  const files = Layer.succeed(
    FileSystem.FileSystem,
    FileSystem.makeNoop({ readFileString: (path) => Effect.succeed(`key-in-${path}\n`) })
  )

  it.effect("are one key in a variable, or the keys in a file", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* keys({ ACME_API_KEY: "k" }), ["k"])
      assert.deepStrictEqual(yield* keys({ ACME_API_KEY_FILE: "keys" }).pipe(Effect.provide(files)), ["key-in-keys"])
      assert.deepStrictEqual(yield* keys({ ACME_API_KEY: "", ACME_API_KEY_FILE: "keys" }).pipe(Effect.provide(files)), [
        "key-in-keys"
      ])
    })
  )
  it.effect("fail with the variable's name if none or two sources are set, or the file is unreadable", () =>
    Effect.gen(function* () {
      const message = (env: Readonly<Record<string, string>>) =>
        Effect.map(Effect.flip(source(env)), (error) => error.message)
      assert.strictEqual(yield* message({}), "ACME_API_KEY is not set")
      assert.strictEqual(
        yield* message({ ACME_API_KEY: "secret", ACME_API_KEY_FILE: "keys" }),
        "ACME_API_KEY_FILE is set, and so is ACME_API_KEY: keep one of them"
      )
      assert.strictEqual(
        yield* message({ ACME_API_KEY_FILE: "/no/such/file" }),
        "ACME_API_KEY_FILE names a file that cannot be read (ENOENT)"
      )
    })
  )
  it.effect("can have a name for the account", () =>
    Effect.gen(function* () {
      const found = yield* KeySource.fromConfig("ACME_API_KEY", { account: "production" }).pipe(
        Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { ACME_API_KEY: "k" } })))
      )
      assert.strictEqual(found.account, "production")
      assert.strictEqual(KeySource.fixed(redacted("k")).account, undefined)
    })
  )
})
