import { assert, describe, it } from "vitest"
import type { Options } from "../src/Speechmatics.ts"
import { bytesPerMillisecond, field, startOfTime, subject, type Frame } from "./speechmatics.ts"

const config = { type: "transcription", transcription_config: { language: "en" } }

const form = (fields: Frame = config, milliseconds: number | undefined = 900): FormData => {
  const data = new FormData()
  data.set("config", JSON.stringify(fields))
  if (milliseconds > 0) {
    const audio = new Uint8Array(milliseconds * bytesPerMillisecond)
    data.set("data_file", new File([audio], "talk.wav", { type: "audio/wav" }))
  }
  return data
}

const day = 24 * 3_600_000

const batch = (options: Options = {}) => {
  const all = subject(options)
  const { apiKey } = all.emulator
  const submit = async (key = apiKey, body: FormData = form()) =>
    field(await all.request("POST /v2/jobs", { key, body }), "id")
  const get = (path: string, key = apiKey) => all.request(`GET /v2/${path}`, { key })
  return { ...all, apiKey, submit, get }
}

describe("a job", () => {
  it("goes from submission to transcript", async () => {
    const { get, submit } = batch()
    const id = await submit()
    assert.match(id, /^[a-z0-9]{10}$/)
    const job = { created_at: "2026-11-21T12:00:00.000Z", data_name: "talk.wav", duration: 1, id }
    assert.deepStrictEqual((await get(`jobs/${id}`)).json, { job: { ...job, status: "done", config } })
    assert.deepStrictEqual((await get("jobs")).json, { jobs: [{ ...job, status: "done", config }] })
    const transcript = await get(`jobs/${id}/transcript`)
    assert.deepNestedInclude(transcript.json, {
      format: "2.9",
      job,
      "metadata.transcription_config": { language: "en" },
      "results[2]": {
        alternatives: [{ confidence: 1, content: "key", language: "en", speaker: "UU" }],
        end_time: 0.9,
        start_time: 0.6,
        type: "word"
      }
    })
  })

  it("is available as text and as subtitles", async () => {
    const { get, submit } = batch()
    const id = await submit(undefined, form(config, 6000))
    const text = await get(`jobs/${id}/transcript?format=txt`)
    assert.include(text.headers.get("content-type"), "text/plain")
    assert.match(text.text, /^the long key stays at home and only/)
    const subtitles = await get(`jobs/${id}/transcript?format=srt`)
    assert.match(
      subtitles.text,
      /^1\n00:00:00,000 --> 00:00:04,500\nthe long key stays at home and only a\nshort lived one/
    )
    assert.include(subtitles.text, "\n\n2\n00:00:04,500 --> ")
    assert.deepStrictEqual((await get(`jobs/${id}/transcript?format=doc`)).json, {
      code: 400,
      error: "Format Not Supported"
    })
  })

  it("keeps its data and a log", async () => {
    const { get, submit } = batch()
    const id = await submit()
    const data = await get(`jobs/${id}/data`)
    assert.strictEqual(data.headers.get("content-type"), "audio/wav")
    assert.lengthOf(data.text, 900 * bytesPerMillisecond)
    assert.include((await get(`jobs/${id}/log`)).text, "Loading model 'en'")
  })

  it("accepts a URL of audio, which is not fetched", async () => {
    const { get, submit } = batch()
    const id = await submit(undefined, form({ ...config, fetch_data: { url: "https://example.com/a/talk.mp3" } }, 0))
    assert.include((await get(`jobs/${id}`)).text, '"data_name":"talk.mp3"')
    assert.strictEqual((await get(`jobs/${id}/transcript?format=txt`)).text, "the long key stays at home")
  })

  it("runs for the duration of the option", async () => {
    const { advance, apiKey, get, request, submit } = batch({ jobDuration: 5000 })
    const id = await submit()
    assert.include((await get(`jobs/${id}`)).text, '"status":"running"')
    assert.deepStrictEqual((await get(`jobs/${id}/transcript`)).json, { code: 404, error: "Transcription not ready" })
    assert.deepStrictEqual((await get(`jobs/${id}/log`)).json, {
      code: 404,
      error: "Log file not available",
      detail: "Could not read log file"
    })
    const locked = await request(`DELETE /v2/jobs/${id}`, { key: apiKey })
    assert.deepStrictEqual(locked.json, { code: 423, error: "Resource Locked" })
    advance(5000)
    assert.include((await get(`jobs/${id}`)).text, '"status":"done"')
  })

  it("can be waited for", async () => {
    const { advance, apiKey, get, nextTimer, request, submit } = batch({ jobDuration: 5000 })
    const submitting = nextTimer()
    const submitted = request("POST /v2/jobs?wait=2&format=txt", { key: apiKey, body: form() })
    await submitting
    advance(2000)
    assert.strictEqual(field(await submitted, "status"), "created")
    const id = await submit()
    const waiting = nextTimer()
    const waited = get(`jobs/${id}/transcript?wait=60&format=txt`)
    await waiting
    advance(5000)
    assert.strictEqual((await waited).text, "the long key")
  })

  it("comes with its transcript when it is done within the wait", async () => {
    const { apiKey, request } = batch()
    const answer = await request("POST /v2/jobs?wait=2&format=txt", { key: apiKey, body: form() })
    assert.deepStrictEqual(answer.json, { id: field(answer, "id"), status: "done", txt: "the long key" })
  })

  it("can be deleted, by force while it runs", async () => {
    const { apiKey, get, request, submit } = batch({ jobDuration: 5000 })
    const id = await submit()
    const deleted = await request(`DELETE /v2/jobs/${id}?force=true`, { key: apiKey })
    assert.strictEqual(deleted.status, 200)
    assert.include(deleted.text, '"status":"deleted"')
    assert.deepStrictEqual((await get("jobs")).json, { jobs: [] })
    assert.include((await get("jobs?include_deleted=true")).text, id)
    for (const part of ["transcript", "data", "log"]) {
      assert.deepStrictEqual((await get(`jobs/${id}/${part}`)).json, {
        code: 410,
        error: "File Expired",
        detail: "File deleted from the storage"
      })
    }
  })

  it("expires after seven days", async () => {
    const { advance, get, submit } = batch()
    const id = await submit()
    advance(7 * day)
    assert.deepStrictEqual((await get(`jobs/${id}`)).json, { code: 410, error: "Job Expired" })
    assert.deepStrictEqual((await get("jobs")).json, { jobs: [] })
  })

  it("exists only in the region where it was created", async () => {
    const { apiKey, request, submit } = batch()
    const id = await submit()
    const ask = (host: string) =>
      request(`GET /v2/jobs/${id}`, { key: apiKey }, `https://${host}.asr.api.speechmatics.com`)
    assert.strictEqual((await ask("eu1")).status, 200)
    assert.strictEqual((await ask("eu2")).status, 404)
    assert.strictEqual((await ask("us1")).status, 404)
  })
})

describe("submission", () => {
  const refusals: ReadonlyArray<readonly [string, FormData | string, string, string | undefined]> = [
    ["a body that is no form", "{}", "Malformed request", undefined],
    ["no configuration", form(undefined, 900), "Job rejected", "Job config JSON is invalid"],
    ["a job of another type", form({ type: "alignment" }), "Job rejected", "Job config JSON is invalid"],
    ["no language", form({ type: "transcription" }), "No language selected", undefined],
    ["no audio", form(config, 0), "Missing data_file", undefined]
  ]
  it.each(refusals)("with %s is refused", async (name, body, error, detail) => {
    const { apiKey, request } = batch()
    if (name === "no configuration" && body instanceof FormData) body.delete("config")
    const answer = await request("POST /v2/jobs", { key: apiKey, body })
    assert.strictEqual(answer.status, 400)
    assert.deepStrictEqual(answer.json, { code: 400, error, ...(detail === undefined ? {} : { detail }) })
  })

  it("is refused while too many jobs run", async () => {
    const { apiKey, request, submit } = batch({ jobDuration: 1000, maxRunningJobs: 1 })
    await submit()
    const answer = await request("POST /v2/jobs", { key: apiKey, body: form() })
    assert.deepStrictEqual(answer.json, { code: 429, error: "Max concurrent running jobs exceeded" })
  })
})

describe("listing", () => {
  it("is newest first, with the requested limit", async () => {
    const { advance, get, submit } = batch()
    const first = await submit()
    advance(1000)
    const second = await submit()
    const ids = async (query: string) =>
      [...(await get(`jobs${query}`)).text.matchAll(/"id":"(\w+)"/g)].map((found) => found[1])
    assert.deepStrictEqual(await ids(""), [second, first])
    assert.deepStrictEqual(await ids("?limit=1"), [second])
    assert.deepStrictEqual(await ids(`?created_before=${new Date(startOfTime + 1000).toISOString()}`), [first])
  })

  it.each([
    ["many", "limit in query must be of type int64"],
    ["101", "limit in query should be less than or equal to 100"],
    ["0", "limit in query should be greater than or equal to 1"]
  ])("is refused with limit %s", async (limit, error) => {
    const { get } = batch()
    assert.deepStrictEqual((await get(`jobs?limit=${limit}`)).json, { code: 422, error })
  })
})

describe("access", () => {
  const denied = { code: 401, error: "Permission Denied" }

  it("needs a valid key of the right product", async () => {
    const { advance, get, mint, request } = batch()
    assert.deepStrictEqual((await request("GET /v2/jobs")).json, denied)
    assert.deepStrictEqual((await get("jobs", await mint("rt"))).json, denied)
    const token = await mint("batch")
    assert.strictEqual((await get("jobs", token)).status, 200)
    advance(60_000)
    assert.deepStrictEqual((await get("jobs", token)).json, denied)
  })

  it("can be refused with a web page", async () => {
    const { get } = batch({ htmlRefusals: true })
    const answer = await get("jobs", "wrong")
    assert.strictEqual(answer.status, 401)
    assert.include(answer.text, "401 Authorization Required")
  })

  it("is to the jobs of one end user with a client reference, and to all without", async () => {
    const { apiKey, get, mint, request, submit } = batch()
    const ann = await mint("batch", { ttl: 60, client_ref: "ann" })
    const bob = await mint("batch", { ttl: 60, client_ref: "bob" })
    const id = await submit(ann)
    assert.strictEqual((await get(`jobs/${id}`, ann)).status, 200)
    for (const route of [`GET /v2/jobs/${id}`, `DELETE /v2/jobs/${id}`, `GET /v2/jobs/${id}/transcript`]) {
      assert.deepStrictEqual((await request(route, { key: bob })).json, { code: 404, error: "Job not found" })
    }
    assert.deepStrictEqual((await get("jobs", bob)).json, { jobs: [] })
    assert.strictEqual((await get(`jobs/${id}`, await mint("batch"))).status, 200)
    assert.strictEqual((await get(`jobs/${id}`, apiKey)).status, 200)
  })
})

describe("usage", () => {
  it("counts the jobs of the days asked for", async () => {
    const { advance, get, submit } = batch()
    await submit(undefined, form(config, 36_000))
    await submit(undefined, form({ ...config, transcription_config: { language: "de", model: "enhanced" } }, 36_000))
    advance(day)
    await submit()
    const line = { mode: "batch", type: "transcription" }
    assert.deepStrictEqual((await get("usage")).json, {
      since: "2026-11-21T00:00:00Z",
      until: "2026-11-21T23:59:59Z",
      summary: [{ ...line, count: 2, duration_hrs: 0.02 }],
      details: [
        { ...line, language: "de", model: "enhanced", count: 1, duration_hrs: 0.01 },
        { ...line, language: "en", model: "standard", count: 1, duration_hrs: 0.01 }
      ]
    })
    assert.include((await get("usage?since=2026-11-22&until=2026-11-22")).text, '"count":1')
  })

  it("is not for a key with a client reference", async () => {
    const { get, mint } = batch()
    const answer = await get("usage", await mint("batch", { ttl: 60, client_ref: "ann" }))
    assert.strictEqual(answer.status, 403)
    assert.deepStrictEqual(answer.json, { code: 403, error: "Forbidden" })
  })
})
