/**
 * A customer's workspace: its projects, their permanent keys, and the access of each credential.
 *
 * https://docs.speechmatics.com/administration/management-tokens (read 2026-11-21)
 */
import type { Clock } from "../Emulator.ts"
import * as TemporaryKeys from "./TemporaryKeys.ts"

/** Options of a workspace. */
export interface Options {
  /** The valid management token. @default "emulated-speechmatics-management-token" */
  readonly managementToken?: string
  /** Limits a temporary key to its region, as before 2026-07-15. @default false */
  readonly strictRegions?: boolean
}

/** A project; a deleted one has `deletedAt`. */
export interface Project {
  readonly id: number
  readonly name: string
  readonly description: string | undefined
  readonly createdAt: number
  readonly deletedAt?: number
}

/** A long-lived key of a project. */
export interface PermanentKey {
  readonly id: string
  readonly value: string
  readonly projectId: number
  readonly name: string | undefined
  readonly clientRef: string | undefined
  readonly createdAt: number
}

/** The access of a credential: the jobs of a project, or only those of one end user. */
export interface Access {
  readonly projectId: number
  readonly clientRef: string | undefined
}

/** The shared state of all APIs of the emulator. */
export interface Workspace {
  readonly clock: Clock
  readonly managementToken: string
  /** All projects in order of creation, including deleted ones. */
  readonly projects: Map<number, Project>
  /** The permanent keys by value. A deleted key is refused at once, but its temporary keys stay valid. */
  readonly permanentKeys: Map<string, PermanentKey>
  readonly temporaryKeys: TemporaryKeys.TemporaryKeys
  readonly addProject: (name: string, description: string | undefined) => Project
  readonly addKey: (projectId: number, key: Pick<PermanentKey, "name" | "clientRef">) => PermanentKey
  /** Returns the access of a key to a product, if any. */
  readonly access: (key: string | undefined, product: TemporaryKeys.Product, region: string) => Access | undefined
}

/** The id of the default project. */
export const defaultProjectId = 1

/** Makes a workspace with one project and one key. */
export const make = (clock: Clock, apiKey: string, options: Options): Workspace => {
  const projects: Workspace["projects"] = new Map()
  const permanentKeys: Workspace["permanentKeys"] = new Map()
  const temporaryKeys = TemporaryKeys.make(clock)
  const nextKeyId = identifiers(1)

  const addProject: Workspace["addProject"] = (name, description) => {
    const project = { id: projects.size + defaultProjectId, name, description, createdAt: clock.now() }
    projects.set(project.id, project)
    return project
  }
  const addKey = (projectId: number, { name, clientRef }: Pick<PermanentKey, "name" | "clientRef">, value: string) => {
    const key = { id: nextKeyId(), value, projectId, name, clientRef, createdAt: clock.now() }
    permanentKeys.set(value, key)
    return key
  }
  addProject("Default", undefined)
  addKey(defaultProjectId, { name: "Default", clientRef: undefined }, apiKey)

  return {
    clock,
    managementToken: options.managementToken ?? "emulated-speechmatics-management-token",
    projects,
    permanentKeys,
    temporaryKeys,
    addProject,
    addKey: (projectId, key) => addKey(projectId, key, secret()),
    access: (key = "", product, region) => {
      const grant = temporaryKeys.find(key)
      if (grant === undefined) return permanentKeys.get(key)
      const foreign = options.strictRegions === true && !region.startsWith(regionOf(grant))
      return grant.product === product && !foreign ? grant : undefined
    }
  }
}

const identifierSpace = 36n ** 10n

/** Makes a generator of identifiers of ten characters `[a-z0-9]`; the same seed gives the same ones. */
export const identifiers = (seed: number): (() => string) => {
  let state = BigInt(seed)
  return () => {
    state = (state * 2_862_933_555_777_941_757n + 3_037_000_493n) % identifierSpace
    return state.toString(36).padStart(10, "0")
  }
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

const secret = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => alphabet[byte % alphabet.length]).join("")

// The body has `usa` for the region `us` of hosts.
const regionOf = (grant: TemporaryKeys.Grant): string => (grant.region ?? "eu").slice(0, 2)
