/**
 * Who may call the management host: the bearer of an API key or of a management token.
 *
 * A missing credential is a documented 401 (https://docs.speechmatics.com/get-started/authentication, read
 * 2026-11-21). A wrong one is not documented; `@speechmatics/auth` 0.1.0 takes 403 for it.
 */
import type { Call } from "../Emulator.ts"
import { bearer, failure, framework, permissionDenied } from "./Http.ts"
import { defaultProjectId, type Workspace } from "./Workspace.ts"

/** How the management host refuses credentials. */
export interface Options {
  /** How a key that is unknown, deleted or temporary is refused. @default 403 */
  readonly wrongKeyStatus?: 401 | 403
  /**
   * Whether `/v1/api_keys` takes API keys only, and `/v1/api-keys` and `/v1/projects` management tokens only.
   *
   * @default false, as the vendor's documents don't say
   */
  readonly strictCredentials?: boolean
}

/** The kinds of credential that the management host knows. */
export type Kind = "apiKey" | "managementToken"

/** A caller who has been let in, and the project that it acts for unless it names another. */
export interface Caller {
  readonly projectId: number
}

/** Lets a caller in, or refuses it; `documented` is the kind of credential that the surface's page names. */
export const enter = (workspace: Workspace, options: Options, call: Call, documented: Kind): Caller | Response => {
  const credential = bearer(call.request)
  if (credential === undefined) return framework(401, "unauthenticated for invalid credentials")
  const accepts = (kind: Kind) => options.strictCredentials !== true || kind === documented
  const key = workspace.permanentKeys.get(credential)
  if (key !== undefined && accepts("apiKey")) return key
  if (credential === workspace.managementToken && accepts("managementToken")) return { projectId: defaultProjectId }
  return options.wrongKeyStatus === 401 ? permissionDenied() : failure(403, "Forbidden")
}
