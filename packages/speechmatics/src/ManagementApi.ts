/**
 * The Speechmatics Management API as a service, for automated key rotation: lists, creates and revokes
 * long-lived API keys, and lists projects. It needs a management token, which is not an API key:
 * https://docs.speechmatics.com (Management API 1.0.0, read 2026-08-13).
 *
 * ```ts
 * import { Transport } from "@tempcred/core/Transport"
 * import { ManagementApi } from "@tempcred/speechmatics/ManagementApi"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const program = Effect.gen(function* () {
 *   const api = yield* ManagementApi
 *   const created = yield* api.createPermanentKey({ name: "backend 2027" })
 *   yield* api.revokeKey(created.id)
 *   return created.key
 * })
 * const token = Redacted.make("emulated-speechmatics-management-token")
 * const baseUrl = process.env["SM_MANAGEMENT_PLATFORM_URL"]
 * const key = await Effect.runPromise(program.pipe(Effect.provide(ManagementApi.layer({ token, baseUrl })), Effect.provide(Transport.layer)))
 * console.log(String(key)) // => <redacted>
 * ```
 *
 * @since 0.1.0
 */

import { checkKey, checkUrl, ConfigurationError } from "@tempcred/core/ConfigurationError"
import * as Environment from "@tempcred/core/Environment"
import type { Length } from "@tempcred/core/MintRequest"
import { InvalidRequestError, TempCredentialError } from "@tempcred/core/TempCredentialError"
import type { Transport } from "@tempcred/core/Transport"
import * as VendorApi from "@tempcred/core/VendorApi"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { dialect } from "./Dialect.ts"

/**
 * The options of a workspace. The management token needs permission for each call.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly token: Redacted.Redacted
  /** The management platform, without `/v1`. @default "https://mp.api.speechmatics.com" */
  readonly baseUrl?: string | undefined
}

const text = Schema.optionalKey(Schema.NullOr(Schema.String))
const time = Schema.optionalKey(VendorApi.lenient(Schema.DateTimeUtcFromString))
const flag = Schema.optionalKey(Schema.NullOr(Schema.Boolean))

/**
 * The schema of a listed API key, without its secret.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ApiKey = Schema.Struct({ id: Schema.String, name: text, createdAt: time, clientRef: text }).pipe(
  Schema.encodeKeys({ id: "apikey_id", createdAt: "created_at", clientRef: "client_ref" })
)

/**
 * A listed API key, without its secret.
 *
 * @category models
 * @since 0.1.0
 */
export type ApiKey = typeof ApiKey.Type

/**
 * The schema of a project.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Project = Schema.Struct({
  id: Schema.Int,
  name: text,
  description: text,
  isDefault: flag,
  isActive: flag,
  createdAt: time,
  deletedAt: time
}).pipe(
  Schema.encodeKeys({
    id: "project_id",
    isDefault: "is_default",
    isActive: "is_active",
    createdAt: "created_at",
    deletedAt: "deleted_at"
  })
)

/**
 * A project of the workspace. Each API key and transcript belongs to one project.
 *
 * @category models
 * @since 0.1.0
 */
export type Project = typeof Project.Type

/**
 * A new permanent key. The vendor shows its secret only once.
 *
 * @category models
 * @since 0.1.0
 */
export interface CreatedKey {
  readonly id: string
  readonly key: Redacted.Redacted
}

/**
 * The name and the project of a new permanent key.
 *
 * @category models
 * @since 0.1.0
 */
export interface NewKey {
  /** At most 120 characters. */
  readonly name: string
  /** @default the default project */
  readonly projectId?: number | undefined
  readonly clientRef?: string | undefined
}

/**
 * A request for a temporary key, which the management token creates.
 *
 * @category models
 * @since 0.1.0
 */
export interface NewTemporaryKey {
  readonly type: "batch" | "rt" | "tts"
  /** The lifetime: whole seconds, 60 to 86400, such as `"1 hour"`. */
  readonly ttl: Length
  readonly projectId?: number | undefined
  readonly clientRef?: string | undefined
}

/**
 * Manages the long-lived keys of a workspace. Lists are complete, without pages. Creating and revoking
 * are never retried, because a lost response does not mean that they failed.
 *
 * @category services
 * @since 0.1.0
 */
export class ManagementApi extends Context.Service<
  ManagementApi,
  {
    readonly listProjects: Effect.Effect<ReadonlyArray<Project>, TempCredentialError>
    readonly listKeys: (projectId?: number) => Effect.Effect<ReadonlyArray<ApiKey>, TempCredentialError>
    /** Creates a key that lives until it is revoked. */
    readonly createPermanentKey: (key: NewKey) => Effect.Effect<CreatedKey, TempCredentialError>
    /** Creates a key that ends by itself; it cannot be listed or revoked. */
    readonly createTemporaryKey: (key: NewTemporaryKey) => Effect.Effect<Redacted.Redacted, TempCredentialError>
    /** Revokes a key at once. */
    readonly revokeKey: (id: string) => Effect.Effect<void, TempCredentialError>
  }
>()("@tempcred/speechmatics/ManagementApi") {
  /** Provides the service from options. */
  static layer(options: Options): Layer.Layer<ManagementApi, ConfigurationError, Transport> {
    return Layer.effect(ManagementApi, make(options))
  }

  /**
   * Provides the service from `SPEECHMATICS_MANAGEMENT_TOKEN` (or `_FILE`) and the optional
   * `SPEECHMATICS_MANAGEMENT_URL`.
   */
  static readonly layerConfig: Layer.Layer<ManagementApi, ConfigurationError, Transport> = Layer.unwrap(
    Environment.load(
      Effect.all({
        token: Environment.required("SPEECHMATICS_MANAGEMENT_TOKEN", Environment.secret),
        baseUrl: Environment.text("SPEECHMATICS_MANAGEMENT_URL")
      })
    ).pipe(Effect.map((options) => ManagementApi.layer(options)))
  )
}

const Created = Schema.Struct({
  apikey_id: Schema.String,
  key_value: Schema.RedactedFromValue(Schema.NonEmptyString)
})

const CreatedTemporary = Schema.Struct({ key_value: Schema.RedactedFromValue(Schema.NonEmptyString) })

/** A workspace has up to 1000 projects, which is more than an answer to a mint may hold. */
const listBytes = 2 * 1024 * 1024

const owner = {
  projectId: Schema.optional(Schema.Int.check(Schema.isGreaterThan(0))),
  clientRef: Schema.optional(Schema.NonEmptyString)
}

const checkNewKey = Schema.decodeUnknownResult(
  Schema.Struct({ name: Schema.NonEmptyString.check(Schema.isMaxLength(120)), ...owner }),
  { errors: "all", onExcessProperty: "error" }
)

const isTtl = Schema.is(Schema.Int.check(Schema.isBetween({ minimum: 60, maximum: 86_400 })))
const wholeSeconds = Schema.Union([Schema.Duration, Schema.DurationFromString]).check(
  Schema.makeFilter((ttl) => isTtl(Duration.toSeconds(ttl)))
)

const checkNewTemporaryKey = Schema.decodeUnknownResult(
  Schema.Struct({ type: Schema.Literals(["batch", "rt", "tts"]), ttl: wholeSeconds, ...owner }),
  { errors: "all", onExcessProperty: "error" }
)

const checkId = Schema.decodeUnknownResult(
  // An id of dots would change the path, and a lone surrogate cannot be encoded.
  Schema.Struct({ id: Schema.String.check(Schema.makeFilter((id) => !/^\.*$|\p{Cs}/u.test(id))) })
)

const checkProject = Schema.decodeUnknownResult(Schema.Struct({ projectId: owner.projectId }))

const rules: Readonly<Record<string, string>> = {
  name: "must be 1 to 120 characters",
  type: "must be batch, rt or tts",
  ttl: "must be whole seconds with their unit, 60 to 86400",
  projectId: "must be the whole number of a project",
  clientRef: "must be text and not empty",
  id: "must be the id of a key"
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** Checks arguments at run time: a missing field could make a key permanent, or put it into another project. */
const checked = <A>(result: Result.Result<A, Schema.SchemaError>): Effect.Effect<A, TempCredentialError> =>
  Effect.fromResult(
    Result.mapError(result, ({ issue }) => {
      const fields = format(issue).issues.map(({ path = [] }) => path.map(String)[0] ?? "argument")
      const issues = [...new Set(fields)].map((field) => ({ field, message: rules[field] ?? "is not known here" }))
      return new TempCredentialError({ provider: "speechmatics", reason: new InvalidRequestError({ issues }) })
    })
  )

const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<ManagementApi["Service"], ConfigurationError, Transport> {
  const issues = [
    ...checkKey("SPEECHMATICS_MANAGEMENT_TOKEN (token)", options.token),
    ...checkUrl("SPEECHMATICS_MANAGEMENT_URL (baseUrl)", options.baseUrl)
  ]
  if (issues.length > 0) return yield* new ConfigurationError({ issues })
  const root = VendorApi.join(options.baseUrl ?? "https://mp.api.speechmatics.com", "/v1")
  const keys = { url: `${root}/api-keys`, key: options.token }
  const api = yield* VendorApi.make("speechmatics", {
    ...dialect,
    fields: { client_ref: "clientRef", project_id: "projectId" },
    advice: { AuthenticationError: "a management token is wanted here, not an API key" }
  })
  const projects = api.endpoint(Schema.Array(Project))
  const list = api.endpoint(Schema.Array(ApiKey))
  const create = api.endpoint(Created, { retry: false })
  const createTemporary = api.endpoint(CreatedTemporary, { retry: false })
  // Only the status of the response matters.
  const revoke = api.endpoint(Schema.Unknown, { retry: false })

  return ManagementApi.of({
    listProjects: Effect.map(
      projects({ method: "GET", url: `${root}/projects`, key: options.token, maxBytes: listBytes }),
      (received) => received.value
    ).pipe(Effect.withSpan("speechmatics.listProjects")),
    listKeys: Effect.fn("speechmatics.listKeys")(function* (projectId) {
      yield* checked(checkProject({ projectId }))
      const query = { project_id: projectId?.toString() }
      return (yield* list({ ...keys, method: "GET", query, maxBytes: listBytes })).value
    }),
    createPermanentKey: Effect.fn("speechmatics.createPermanentKey")(function* (key) {
      const { clientRef, name, projectId } = yield* checked(checkNewKey(key))
      const { value } = yield* create({ ...keys, body: { name, project_id: projectId, client_ref: clientRef } })
      return { id: value.apikey_id, key: value.key_value }
    }),
    createTemporaryKey: Effect.fn("speechmatics.createTemporaryKey")(function* (key) {
      const { clientRef, projectId, ttl, type } = yield* checked(checkNewTemporaryKey(key))
      const body = { ttl: Duration.toSeconds(ttl), project_id: projectId, client_ref: clientRef }
      return (yield* createTemporary({ ...keys, query: { type }, body })).value.key_value
    }),
    revokeKey: Effect.fn("speechmatics.revokeKey")(function* (id) {
      const key = yield* checked(checkId({ id }))
      yield* revoke({ ...keys, method: "DELETE", url: `${keys.url}/${encodeURIComponent(key.id)}` })
    })
  })
})
