/**
 * Key creation: `/v1/api_keys` mints temporary keys with an API key; `/v1/api-keys`, the same operation of the
 * management API, also creates permanent ones.
 *
 * https://docs.speechmatics.com/get-started/authentication#temporary-keys and
 * https://docs.speechmatics.com/api-ref/management/create-an-api-key (both read 2026-11-21)
 */
import type { Call } from "../Emulator.ts"
import * as Authentication from "./Authentication.ts"
import { failure } from "./Http.ts"
import { numberOf, stringOf, type JsonObject } from "../Json.ts"
import type { Product } from "./TemporaryKeys.ts"
import { bodyOf, check, notOneOf, type Field } from "./Validation.ts"
import type { Workspace } from "./Workspace.ts"

/** Options of key creation. */
export interface Options extends Authentication.Options {
  /** The longest ttl, in seconds; older pages of the vendor say 3600. @default 86400 */
  readonly maxTtl?: number
  /** Enables temporary keys; enterprise contracts begin without them. @default true */
  readonly temporaryKeys?: boolean
  /** Accepts the discontinued type `flow`. @default false */
  readonly flow?: boolean
  /** The limit of permanent keys in a project. @default 5, that of the vendor's portal in 2022 */
  readonly maxKeys?: number
}

/** The route that mints with an API key. */
export const mintRoute = "POST /v1/api_keys"

/** The route that creates keys with a management token. */
export const createKeyRoute = "POST /v1/api-keys"

/** Makes both routes. */
export const routes = (workspace: Workspace, options: Options) => ({
  [mintRoute]: (call: Call) => {
    const caller = Authentication.authenticate(workspace, options, call, "apiKey")
    if (caller instanceof Response) return caller
    return create(workspace, options, call, { projectId: caller.projectId, ttlRequired: true })
  },
  [createKeyRoute]: (call: Call) => {
    const caller = Authentication.authenticate(workspace, options, call, "managementToken")
    if (caller instanceof Response) return caller
    return create(workspace, options, call, { projectId: caller.projectId, ttlRequired: false })
  }
})

interface Surface {
  readonly projectId: number
  readonly ttlRequired: boolean
}

const create = async (workspace: Workspace, options: Options, call: Call, surface: Surface): Promise<Response> => {
  const body = bodyOf(call)
  if (body instanceof Response) return body
  const products: ReadonlyArray<Product> =
    options.flow === true ? ["batch", "rt", "tts", "flow"] : ["batch", "rt", "tts"]
  const type = call.url.searchParams.get("type") ?? "batch"
  const product = products.find((name) => name === type)
  if (product === undefined) return notOneOf("type", "query", products)
  const invalid = check(fieldsOf(options, surface), body)
  if (invalid !== undefined) return invalid
  const project = surface.ttlRequired ? surface.projectId : (numberOf(body["project_id"]) ?? surface.projectId)
  const found = workspace.projects.get(project)
  if (found === undefined) return failure(404, "Not Found")
  if (found.deletedAt !== undefined) return failure(410, "Gone")
  const ttl = numberOf(body["ttl"])
  return ttl === undefined
    ? createPermanent(workspace, options, project, body)
    : createTemporary(workspace, options, project, product, ttl, body)
}

const fieldsOf = (options: Options, surface: Surface): Readonly<Record<string, Field>> => ({
  client_ref: { type: "string" },
  name: { type: "string", maxLength: 120 },
  project_id: { type: "integer" },
  // Deprecated and without effect: https://docs.speechmatics.com/get-started/authentication (of 2026-08-13).
  region: { type: "string", oneOf: ["eu", "usa", "au"] },
  ttl: { type: "integer", required: surface.ttlRequired, minimum: 60, maximum: options.maxTtl ?? 86_400 }
})

const createTemporary = async (
  workspace: Workspace,
  options: Options,
  projectId: number,
  product: Product,
  ttl: number,
  body: JsonObject
): Promise<Response> => {
  if (options.temporaryKeys === false) return failure(403, "Forbidden")
  const clientRef = product === "rt" ? undefined : stringOf(body["client_ref"])
  const grant = { product, projectId, clientRef, region: stringOf(body["region"]) }
  const key = await workspace.temporaryKeys.mint(grant, ttl)
  return Response.json({ apikey_id: null, key_value: key }, { status: 201 })
}

const createPermanent = (workspace: Workspace, options: Options, projectId: number, body: JsonObject): Response => {
  const count = [...workspace.permanentKeys.values()].filter((key) => key.projectId === projectId).length
  if (count >= (options.maxKeys ?? 5)) {
    return failure(403, "Forbidden", "project has maximum number of api keys already")
  }
  const key = workspace.addKey(projectId, { name: stringOf(body["name"]), clientRef: stringOf(body["client_ref"]) })
  return Response.json({ apikey_id: key.id, key_value: key.value }, { status: 201 })
}
