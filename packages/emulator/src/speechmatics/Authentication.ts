/**
 * Authentication at the management host, with an API key or a management token.
 *
 * A missing credential is a documented 401 (https://docs.speechmatics.com/get-started/authentication, read 2026-11-21).
 * A wrong one is not documented; `@speechmatics/auth` 0.1.0 takes 403 for it.
 */
import type { Call } from "../Emulator.ts"
import { bearer, failure, framework, permissionDenied } from "./Http.ts"
import { defaultProjectId, type Workspace } from "./Workspace.ts"

/** Options of the authentication at the management host. */
export interface Options {
  /** The status for an unknown, deleted or temporary key. @default 403 */
  readonly wrongKeyStatus?: 401 | 403
  /**
   * Limits `/v1/api_keys` to API keys, and `/v1/api-keys` and `/v1/projects` to management tokens.
   *
   * @default false, as the vendor does not document it
   */
  readonly strictCredentials?: boolean
}

/** The kinds of credentials at the management host. */
export type Kind = "apiKey" | "managementToken"

/** An authenticated caller, with its default project. */
export interface Caller {
  readonly projectId: number
}

/** Authenticates a caller, or refuses it; `documented` is the kind of credential on the page of the API. */
export const authenticate = (
  workspace: Workspace,
  options: Options,
  call: Call,
  documented: Kind
): Caller | Response => {
  const credential = bearer(call.request)
  if (credential === undefined) return framework(401, "unauthenticated for invalid credentials")
  const accepts = (kind: Kind) => options.strictCredentials !== true || kind === documented
  const key = workspace.permanentKeys.get(credential)
  if (key !== undefined && accepts("apiKey")) return key
  if (credential === workspace.managementToken && accepts("managementToken")) return { projectId: defaultProjectId }
  return options.wrongKeyStatus === 401 ? permissionDenied() : failure(403, "Forbidden")
}
