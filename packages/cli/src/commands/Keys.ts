/** `tempcred keys`: the long-lived keys of a Speechmatics workspace. */
import type { ConfigurationError } from "@tempcred/core/ConfigurationError"
import type { Reason, TempCredentialError } from "@tempcred/core/TempCredentialError"
import * as NodeTransport from "@tempcred/node/NodeTransport"
import { layerConfig, ManagementApi } from "@tempcred/speechmatics/ManagementApi"
import * as ConfigProvider from "effect/ConfigProvider"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { type Failure, ofConfiguration, ofVendor, usage } from "../Failure.ts"
import { confirm } from "./keys/Confirmation.ts"
import * as KeyFile from "./keys/KeyFile.ts"
import * as Printing from "../Printing.ts"
import { during } from "../Progress.ts"
import * as Settings from "../Settings.ts"
import * as Table from "../Table.ts"

/** What all of them are told. */
export interface Options {
  readonly json: boolean
  readonly config: string | undefined
}

/** What to do where it is not what it is for a mint. */
const advice: { readonly [Tag in Reason["_tag"]]?: string } = {
  InvalidRequestError: "Check what was named; `tempcred keys list` shows the ids of keys.",
  AuthenticationError: "Check SPEECHMATICS_MANAGEMENT_TOKEN: it may be revoked, or be an API key.",
  PermissionError: "Allow the management token to do this in the vendor's portal."
}

const calling = <A>(
  options: Options,
  call: (api: ManagementApi["Service"]) => Effect.Effect<A, TempCredentialError | ConfigurationError>
): Effect.Effect<A, Failure> =>
  Effect.flatMap(Settings.read(options.config), (variables) =>
    ManagementApi.use(call).pipe(
      Effect.provide(
        Layer.provide(layerConfig, [NodeTransport.layer, ConfigProvider.layer(Settings.provider(variables))])
      ),
      Effect.catchTags({
        ConfigurationError: (error) => Effect.fail(ofConfiguration(error)),
        TempCredentialError: (error) => Effect.fail(ofVendor(error, advice[error.reason._tag]))
      }),
      during("asking Speechmatics")
    )
  )

/** Prints the keys, without their secrets. */
export const list = Effect.fnUntraced(function* (
  options: Options & { readonly project: number | undefined }
): Effect.fn.Return<void, Failure> {
  const keys = yield* calling(options, (api) => api.listKeys(options.project))
  const rows = keys.map(({ clientRef, createdAt, id, name }) => ({
    id,
    name: name ?? null,
    createdAt: createdAt === undefined || createdAt === null ? null : DateTime.formatIso(createdAt),
    clientRef: clientRef ?? null
  }))
  if (options.json) return yield* Printing.json(rows)
  const paint = yield* Printing.paint
  const heads = ["id", "name", "created", "client ref"].map((head) => paint("bold", head))
  const cells = rows.map(({ clientRef, createdAt, id, name }) => [id, name ?? "", createdAt ?? "", clientRef ?? ""])
  yield* Printing.result(Table.render([heads, ...cells.map((row) => row.map(Printing.plain))]))
})

/** Creates a key where there is a place for it: nobody can show it again. */
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
    return yield* usage(
      "a new key is told only once, and nobody would see it: nothing was created",
      "Say --key-file <file> to keep it, or --show-key to print it."
    )
  }
  const file = keyFile === undefined ? undefined : yield* KeyFile.open(keyFile)
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

/** Revokes a key, once somebody said that it is meant. */
export const revoke = Effect.fnUntraced(function* (
  options: Options & { readonly id: string; readonly yes: boolean }
): Effect.fn.Return<void, Failure> {
  const { id, yes } = options
  if (!yes) yield* confirm(`Revoke key ${Printing.plain(id)}? Whoever uses it is cut off at once.`)
  yield* calling(options, (api) => api.revokeKey(id))
  yield* options.json ? Printing.json({ id, revoked: true }) : Printing.result(`revoked ${Printing.plain(id)}`)
})
