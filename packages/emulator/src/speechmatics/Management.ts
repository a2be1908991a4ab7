/**
 * The rest of the management API: listing and deleting permanent keys, and projects.
 *
 * https://docs.speechmatics.com/api-ref/management (read 2026-11-21)
 */
import type { Call } from "../Emulator.ts"
import * as Authentication from "./Authentication.ts"
import { failure, framework } from "./Http.ts"
import { stringOf } from "../Json.ts"
import { bodyOf, check } from "./Validation.ts"
import { defaultProjectId, type PermanentKey, type Project, type Workspace } from "./Workspace.ts"

/** Makes the routes. */
export const routes = (workspace: Workspace, options: Authentication.Options) => {
  const entered = (serve: (call: Call) => Response) => (call: Call) => {
    const caller = Authentication.authenticate(workspace, options, call, "managementToken")
    return caller instanceof Response ? caller : serve(call)
  }
  const ofProject = (serve: (project: Project, call: Call) => Response) =>
    entered((call) => {
      const project = projectOf(workspace, call.params["project_id"] ?? "", "path")
      return project instanceof Response ? project : serve(project, call)
    })
  return {
    "GET /v1/api-keys": entered((call) => listKeys(workspace, call)),
    "DELETE /v1/api-keys/:apikey_id": entered((call) => deleteKey(workspace, call)),
    "GET /v1/projects": entered(() =>
      Response.json([...workspace.projects.values()].filter((project) => project.deletedAt === undefined).map(describe))
    ),
    "POST /v1/projects": entered((call) => createProject(workspace, call)),
    "GET /v1/projects/:project_id": ofProject((project) => Response.json(describe(project))),
    "PUT /v1/projects/:project_id": ofProject((project, call) => renameProject(workspace, project, call)),
    "DELETE /v1/projects/:project_id": ofProject((project) => deleteProject(workspace, project))
  }
}

const projectOf = (workspace: Workspace, id: string, location: string): Project | Response => {
  if (!/^-?\d+$/.test(id)) return framework(601, `project_id in ${location} must be of type int64: "${id}"`)
  const project = workspace.projects.get(Number(id))
  if (project === undefined) return failure(404, "Not Found")
  return project.deletedAt === undefined ? project : failure(410, "Gone")
}

const listKeys = (workspace: Workspace, call: Call): Response => {
  const id = call.url.searchParams.get("project_id")
  const project = id === null ? undefined : projectOf(workspace, id, "query")
  if (project instanceof Response) return project
  const keys = [...workspace.permanentKeys.values()]
  return Response.json(keys.filter((key) => project === undefined || key.projectId === project.id).map(describeKey))
}

const deleteKey = (workspace: Workspace, call: Call): Response => {
  const found = [...workspace.permanentKeys.values()].find((key) => key.id === call.params["apikey_id"])
  if (found === undefined) return failure(404, "Not Found")
  workspace.permanentKeys.delete(found.value)
  return Response.json({ status: "OK" })
}

const createProject = (workspace: Workspace, call: Call): Response => {
  const body = bodyOf(call)
  if (body instanceof Response) return body
  const invalid = check(
    { contract_id: { type: "integer" }, description: { type: "string" }, name: { type: "string", required: true } },
    body
  )
  if (invalid !== undefined) return invalid
  const project = workspace.addProject(stringOf(body["name"]) ?? "", stringOf(body["description"]))
  return Response.json(describe(project), { status: 201 })
}

const renameProject = (workspace: Workspace, project: Project, call: Call): Response => {
  const body = bodyOf(call)
  if (body instanceof Response) return body
  const invalid = check({ name: { type: "string", required: true } }, body)
  if (invalid !== undefined) return invalid
  const renamed = { ...project, name: stringOf(body["name"]) ?? project.name }
  workspace.projects.set(project.id, renamed)
  return Response.json(describe(renamed))
}

const deleteProject = (workspace: Workspace, project: Project): Response => {
  if (project.id === defaultProjectId) return failure(403, "Forbidden")
  workspace.projects.set(project.id, { ...project, deletedAt: workspace.clock.now() })
  for (const key of workspace.permanentKeys.values()) {
    if (key.projectId === project.id) workspace.permanentKeys.delete(key.value)
  }
  return new Response(null, { status: 204 })
}

const describe = (project: Project) => ({
  project_id: project.id,
  is_default: project.id === defaultProjectId,
  is_active: true,
  name: project.name,
  description: project.description,
  created_at: new Date(project.createdAt).toISOString()
})

const describeKey = (key: PermanentKey) => ({
  apikey_id: key.id,
  name: key.name,
  created_at: new Date(key.createdAt).toISOString(),
  client_ref: key.clientRef
})
