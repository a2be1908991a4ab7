/**
 * The batch API: jobs over HTTP, from submission to transcript.
 *
 * https://docs.speechmatics.com/api-ref/batch (read 2026-11-21)
 */
import type { Call } from "../Emulator.ts"
import { failure } from "./Http.ts"
import { languageOf, type Job, type Jobs } from "./Jobs.ts"
import { objectOf } from "../Json.ts"
import * as Languages from "./Languages.ts"
import * as Submission from "./Submission.ts"
import * as Transcript from "./Transcript.ts"
import * as Usage from "./Usage.ts"
import type { Access } from "./Workspace.ts"

/** The route that submits a job. */
export const submitRoute = "POST /v2/jobs"

/** The route that lists jobs. */
export const jobsRoute = "GET /v2/jobs"

/** The route that describes one job. */
export const jobRoute = "GET /v2/jobs/:jobid"

/** The route of a job's transcript. */
export const transcriptRoute = "GET /v2/jobs/:jobid/transcript"

/** Makes the routes. */
export const routes = (jobs: Jobs) => {
  const entered = (serve: (call: Call, access: Access) => Response | Promise<Response>) => (call: Call) => {
    const access = jobs.authenticate(call)
    return access instanceof Response ? access : serve(call, access)
  }
  const ofJob = (serve: (job: Job, call: Call) => Response | Promise<Response>) =>
    entered((call, access) => {
      const job = jobs.find(call, access)
      return job instanceof Response ? job : serve(job, call)
    })
  return {
    [submitRoute]: entered((call, access) => submit(jobs, call, access)),
    [jobsRoute]: entered((call, access) => list(jobs, call, access)),
    [jobRoute]: ofJob(async (job, call) => {
      await jobs.settled(job, secondsOf(call))
      return Response.json({ job: describe(jobs, job) })
    }),
    "DELETE /v2/jobs/:jobid": ofJob((job, call) => remove(jobs, job, call)),
    [transcriptRoute]: ofJob(async (job, call) => {
      await jobs.settled(job, secondsOf(call))
      return transcript(jobs, job, call)
    }),
    "GET /v2/jobs/:jobid/data": ofJob((job) =>
      jobs.status(job) === "deleted"
        ? fileExpired()
        : new Response(job.data, { headers: { "content-type": job.contentType } })
    ),
    "GET /v2/jobs/:jobid/log": ofJob((job) => log(jobs, job)),
    "GET /v2/usage": entered((call, access) => Usage.report(jobs, call, access))
  }
}

const fileExpired = () => failure(410, "File Expired", "File deleted from the storage")

const secondsOf = (call: Call): number => Number(call.url.searchParams.get("wait") ?? 0)

const describe = (jobs: Jobs, job: Job) => ({ ...summarize(job), status: jobs.status(job), config: job.config })

const summarize = (job: Job) => ({
  created_at: new Date(job.createdAt).toISOString(),
  data_name: job.fileName,
  duration: Math.round(job.duration / 1000),
  id: job.id
})

const submit = async (jobs: Jobs, call: Call, access: Access): Promise<Response> => {
  const print = printerOf(call)
  if (print === undefined) return failure(400, "Format Not Supported")
  const submission = await Submission.read(call)
  const job = submission instanceof Response ? submission : jobs.add(call, access, submission)
  if (job instanceof Response) return job
  if (!call.url.searchParams.has("wait")) return Response.json({ id: job.id }, { status: 201 })
  await jobs.settled(job, secondsOf(call))
  if (jobs.status(job) !== "done") return Response.json({ id: job.id, status: "created" }, { status: 201 })
  return Response.json({ id: job.id, status: "done", [print.format]: print.job(jobs, job) }, { status: 201 })
}

const list = (jobs: Jobs, call: Call, access: Access): Response => {
  const { searchParams } = call.url
  const limit = searchParams.get("limit") ?? "100"
  if (!/^\d+$/.test(limit)) return failure(422, "limit in query must be of type int64")
  if (Number(limit) > 100) return failure(422, "limit in query should be less than or equal to 100")
  if (Number(limit) < 1) return failure(422, "limit in query should be greater than or equal to 1")
  const withDeleted = searchParams.get("include_deleted") === "true"
  const before = Date.parse(searchParams.get("created_before") ?? "9999-12-31")
  const found = jobs
    .list(call, access)
    .filter((job) => job.createdAt < before && (withDeleted || jobs.status(job) !== "deleted"))
    .slice(0, Number(limit))
  return Response.json({ jobs: found.map((job) => describe(jobs, job)) })
}

const remove = (jobs: Jobs, job: Job, call: Call): Response => {
  if (jobs.status(job) === "running" && call.url.searchParams.get("force") !== "true") {
    return failure(423, "Resource Locked")
  }
  jobs.remove(job)
  return Response.json({ job: describe(jobs, job) })
}

const transcript = (jobs: Jobs, job: Job, call: Call): Response => {
  const print = printerOf(call)
  if (print === undefined) return failure(400, "Format Not Supported")
  const status = jobs.status(job)
  if (status === "deleted") return fileExpired()
  if (status === "running") return failure(404, "Transcription not ready")
  const printed = print.job(jobs, job)
  if (typeof printed !== "string") return Response.json(printed)
  return new Response(printed, { headers: { "content-type": "text/plain; charset=utf-8" } })
}

const log = (jobs: Jobs, job: Job): Response => {
  const status = jobs.status(job)
  if (status === "deleted") return fileExpired()
  if (status === "running") return failure(404, "Log file not available", "Could not read log file")
  const at = new Date(job.createdAt).toISOString().slice(0, 23).replace("T", " ").replace(".", ",")
  return new Response(`${at} INFO    orchestrator.transport.cmd.utils Loading model '${languageOf(job)}'\n`, {
    headers: { "content-type": "text/plain; charset=utf-8" }
  })
}

const toJson = (jobs: Jobs, job: Job) => {
  const config = objectOf(job.config["transcription_config"])
  const speaker = config["diarization"] === "speaker" ? "S1" : "UU"
  return {
    format: Transcript.formatVersion,
    job: { ...summarize(job), tracking: job.config["tracking"] },
    metadata: {
      created_at: new Date(job.doneAt).toISOString(),
      type: "transcription",
      transcription_config: config,
      language_pack_info: Languages.pack(languageOf(job)),
      orchestrator_version: Transcript.orchestratorVersion
    },
    results: Transcript.results(jobs.words(job), languageOf(job), speaker)
  }
}

interface Printer {
  readonly format: string
  readonly job: (jobs: Jobs, job: Job) => unknown
}

const printers: ReadonlyArray<Printer> = [
  { format: "json-v2", job: toJson },
  { format: "txt", job: (jobs, job) => Transcript.text(jobs.words(job)) },
  { format: "srt", job: (jobs, job) => Transcript.subtitles(jobs.words(job)) }
]

const printerOf = (call: Call): Printer | undefined => {
  const format = call.url.searchParams.get("format") ?? "json-v2"
  return printers.find((printer) => printer.format === format)
}
