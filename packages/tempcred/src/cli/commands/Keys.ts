/** `tempcred keys`: manages the long-lived keys of a Speechmatics workspace. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import { Transport } from "@tempcred/core/Transport"
import { ManagementApi } from "@tempcred/speechmatics/ManagementApi"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { type FileHandle, open, rm } from "node:fs/promises"
import { configurationFailure, errorCode, Failure, usageFailure, vendorFailure } from "../Failure.ts"
import * as Printing from "../Printing.ts"
import * as Settings from "../Settings.ts"
import * as Table from "../Table.ts"

/** The flags of every `keys` command. */
export interface Options {
  readonly json: boolean
  readonly config: string | undefined
}

/** Advice that differs from that for a mint. */
const advice: { readonly [Tag in Reason["_tag"]]?: string } = {
  InvalidRequestError: "Check the id and the name. Run `tempcred keys list` to see the ids of keys.",
  AuthenticationError: "Check SPEECHMATICS_MANAGEMENT_TOKEN. It may be revoked, or be an API key.",
  PermissionError: "Give the management token this permission in the vendor's portal."
}

const calling = <A>(
  options: Options,
  call: (api: ManagementApi["Service"]) => Effect.Effect<A, TempCredentialError | ConfigurationError>
): Effect.Effect<A, Failure> =>
  Effect.flatMap(Settings.read(options.config), (variables) =>
    ManagementApi.use(call).pipe(
      Effect.provide(Layer.provide(ManagementApi.layerConfig, [Transport.layer, Settings.layer(variables)])),
      Effect.catchTags({
        ConfigurationError: (error) => Effect.fail(configurationFailure(error)),
        TempCredentialError: (error) => Effect.fail(vendorFailure(error, advice[error.reason._tag]))
      }),
      Printing.during("calling Speechmatics")
    )
  )

/** Prints the keys without their secrets. */
export const list = Effect.fnUntraced(function* (
  options: Options & { readonly project: number | undefined }
): Effect.fn.Return<void, Failure> {
  const found = yield* calling(options, (api) => api.listKeys(options.project))
  const keys = found.map(({ clientRef, createdAt, id, name }) => ({
    id,
    name: name ?? null,
    createdAt: createdAt === undefined || createdAt === null ? null : DateTime.formatIso(createdAt),
    clientRef: clientRef ?? null
  }))
  if (options.json) return yield* Printing.json(keys)
  const paint = yield* Printing.paint
  const rows = keys.map(({ clientRef, createdAt, id, name }) =>
    [id, name ?? "", createdAt ?? "", clientRef ?? ""].map(Printing.plain)
  )
  const style: Table.Style = (line, row) => (row === 0 ? paint("bold", line) : line)
  const headings = ["id", "name", "created", "client ref"]
  yield* Printing.result(Table.render([headings, ...rows], yield* Printing.width, style))
})

/** Creates a key, and shows it or stores it in a file: the vendor shows it only once. */
export const create = Effect.fnUntraced(function* (
  options: Options & {
    readonly name: string
    readonly project: number | undefined
    readonly clientRef: string | undefined
    readonly showKey: boolean
    readonly keyFile: string | undefined
  }
): Effect.fn.Return<void, Failure, Scope.Scope> {
  const { clientRef, keyFile, name, project, showKey } = options
  if (!showKey && keyFile === undefined) {
    return yield* usageFailure(
      "a new key is shown only once: nothing was created",
      "Add --key-file <file> to store it, or --show-key to print it."
    )
  }
  const file = keyFile === undefined ? undefined : yield* openKeyFile(keyFile)
  const created = yield* calling(options, (api) => api.createPermanentKey({ name, projectId: project, clientRef }))
  const key = Redacted.value(created.key)
  if (file !== undefined) yield* file.write(key, created.id)
  const shown = showKey ? key : "<redacted>"
  if (options.json) return yield* Printing.json({ id: created.id, key: shown })
  yield* Printing.result(
    Table.render([
      ["id", created.id],
      ["key", shown]
    ])
  )
})

/** A new, empty file for a key. */
interface KeyFile {
  readonly write: (key: string, id: string) => Effect.Effect<void, Failure>
}

/** Creates a file that only its owner can read, before the key exists. Removes it again if no key is written. */
const openKeyFile = (path: string): Effect.Effect<KeyFile, Failure, Scope.Scope> => {
  let written = false
  const write = (file: FileHandle) => (key: string, id: string) =>
    Effect.tryPromise({
      try: async () => {
        await file.writeFile(`${key}\n`)
        written = true
      },
      catch: (cause) =>
        new Failure({
          kind: "configuration",
          summary: `key ${id} was created, but ${path} cannot be written (${errorCode(cause)})`,
          advice: `Revoke it: tempcred keys revoke ${id}`
        })
    })
  const close = async (file: FileHandle) => {
    await file.close()
    if (!written) await rm(path, { force: true })
  }
  const refuse = (code: string) =>
    usageFailure(
      code === "EEXIST" ? `${path} already exists` : `${path} cannot be created (${code})`,
      "Name a new file with --key-file. No key was created."
    )
  return Effect.acquireRelease(
    Effect.tryPromise({ try: () => open(path, "wx", 0o600), catch: (cause) => refuse(errorCode(cause)) }),
    (file) => Effect.promise(() => close(file))
  ).pipe(Effect.map((file) => ({ write: write(file) })))
}

/** Revokes a key after confirmation. */
export const revoke = Effect.fnUntraced(function* (
  options: Options & { readonly id: string; readonly yes: boolean }
): Effect.fn.Return<void, Failure> {
  const { id, yes } = options
  if (!yes) yield* confirm(`Revoke key ${Printing.plain(id)}? It stops working at once.`)
  yield* calling(options, (api) => api.revokeKey(id))
  yield* options.json ? Printing.json({ id, revoked: true }) : Printing.result(`revoked ${Printing.plain(id)}`)
})

/** Asks for confirmation at a terminal; without a terminal, `--yes` is required. */
const confirm = Effect.fnUntraced(function* (question: string): Effect.fn.Return<void, Failure> {
  if (!(yield* Printing.canAsk)) {
    return yield* usageFailure("this cannot be undone and needs confirmation: nothing was done", "Add --yes.")
  }
  const answer = yield* Printing.ask(`${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim()))
    return yield* usageFailure("not confirmed: nothing was done", "Answer y, or add --yes.")
})
