import { assert, describe, it } from "vitest"
import { field, subject } from "./speechmatics.ts"

const key = "emulated-speechmatics-management-token"

describe("permanent keys", () => {
  it("are created without a ttl, work, and are refused as soon as they are deleted", async () => {
    const { request } = subject()
    const created = await request("POST /v1/api-keys", { key, json: { project_id: 1, name: "kiosk" } })
    assert.strictEqual(created.status, 201)
    const value = field(created, "key_value")
    const id = field(created, "apikey_id")
    const mint = () => request("POST /v1/api_keys?type=rt", { key: value, json: { ttl: 60 } })
    const minted = await mint()
    assert.strictEqual(minted.status, 201)

    const deleted = await request(`DELETE /v1/api-keys/${id}`, { key })
    assert.deepStrictEqual(deleted.json, { status: "OK" })
    assert.strictEqual((await mint()).status, 403)
    assert.strictEqual((await request(`DELETE /v1/api-keys/${id}`, { key })).status, 404)
  })

  it("are listed without their values, all or those of one project", async () => {
    const { request } = subject()
    await request("POST /v1/projects", { key, json: { name: "Lab" } })
    const json = { project_id: 2, name: "kiosk", client_ref: "USER123" }
    const id = field(await request("POST /v1/api-keys", { key, json }), "apikey_id")
    const listed = await request("GET /v1/api-keys?project_id=2", { key })
    assert.deepStrictEqual(listed.json, [
      { apikey_id: id, name: "kiosk", created_at: "2026-11-21T12:00:00.000Z", client_ref: "USER123" }
    ])
    assert.lengthOf(Object.keys((await request("GET /v1/api-keys", { key })).json ?? []), 2)
    assert.strictEqual((await request("GET /v1/api-keys?project_id=9", { key })).status, 404)
  })

  it("are so many in a project and no more", async () => {
    const { request } = subject({ maxKeys: 2 })
    assert.strictEqual((await request("POST /v1/api-keys", { key, json: {} })).status, 201)
    const refused = await request("POST /v1/api-keys", { key, json: {} })
    assert.strictEqual(refused.status, 403)
    assert.deepStrictEqual(refused.json, {
      code: 403,
      error: "Forbidden",
      detail: "project has maximum number of api keys already"
    })
  })

  it("need a project that exists", async () => {
    const { request } = subject()
    const create = (json: unknown) => request("POST /v1/api-keys", { key, json })
    assert.deepStrictEqual((await create({ project_id: 9 })).json, { code: 404, error: "Not Found" })
    await request("POST /v1/projects", { key, json: { name: "Lab" } })
    await request("DELETE /v1/projects/2", { key })
    assert.deepStrictEqual((await create({ project_id: 2 })).json, { code: 410, error: "Gone" })
  })

  it("leave what they have minted alive", async () => {
    const { emulator, mint, open, request } = subject()
    const token = await mint("rt")
    const listed = await request("GET /v1/api-keys", { key })
    const id = /"apikey_id":"(\w+)"/.exec(listed.text)?.[1] ?? ""
    await request(`DELETE /v1/api-keys/${id}`, { key })
    assert.strictEqual((await request("POST /v1/api_keys", { key: emulator.apiKey, json: { ttl: 60 } })).status, 403)
    assert.strictEqual((await open(`/v2?jwt=${token}`)).frames[0]?.["message"], "Info")
  })
})

describe("projects", () => {
  const lab = {
    project_id: 2,
    is_default: false,
    is_active: true,
    name: "Lab",
    description: "Harness",
    created_at: "2026-11-21T12:00:00.000Z"
  }

  it("are created, read, renamed and deleted", async () => {
    const { request } = subject()
    const created = await request("POST /v1/projects", { key, json: { name: "Lab", description: "Harness" } })
    assert.strictEqual(created.status, 201)
    assert.deepStrictEqual(created.json, lab)
    assert.deepStrictEqual((await request("GET /v1/projects/2", { key })).json, lab)
    const renamed = await request("PUT /v1/projects/2", { key, json: { name: "Hall" } })
    assert.deepStrictEqual(renamed.json, { ...lab, name: "Hall" })
    const deleted = await request("DELETE /v1/projects/2", { key })
    assert.strictEqual(deleted.status, 204)
    assert.deepStrictEqual((await request("GET /v1/projects/2", { key })).json, { code: 410, error: "Gone" })
    assert.lengthOf(Object.keys((await request("GET /v1/projects", { key })).json ?? []), 1)
  })

  it("take their keys with them", async () => {
    const { request } = subject()
    await request("POST /v1/projects", { key, json: { name: "Lab" } })
    const value = field(await request("POST /v1/api-keys", { key, json: { project_id: 2 } }), "key_value")
    await request("DELETE /v1/projects/2", { key })
    assert.strictEqual((await request("POST /v1/api_keys", { key: value, json: { ttl: 60 } })).status, 403)
  })

  it("include a default one that stays", async () => {
    const { request } = subject()
    assert.include((await request("GET /v1/projects/1", { key })).text, '"is_default":true')
    assert.strictEqual((await request("DELETE /v1/projects/1", { key })).status, 403)
  })

  it("are refused when unknown or badly described", async () => {
    const { request } = subject()
    assert.strictEqual((await request("GET /v1/projects/9", { key })).status, 404)
    assert.deepStrictEqual((await request("GET /v1/projects/lab", { key })).json, {
      code: 601,
      message: 'project_id in path must be of type int64: "lab"'
    })
    assert.deepStrictEqual((await request("POST /v1/projects", { key, json: {} })).json, {
      code: 602,
      message: "name in body is required"
    })
    assert.strictEqual((await request("PUT /v1/projects/1", { key, json: { name: 1 } })).status, 422)
    assert.strictEqual((await request("GET /v1/projects")).status, 401)
  })
})
