/**
 * Batch jobs: their visibility, and their states from running to done, deleted and expired.
 *
 * https://docs.speechmatics.com/api-ref/batch (read 2026-11-21)
 */
import type { Call, Clock } from "../Emulator.ts"
import * as Audio from "../Audio.ts"
import { bearer, failure, permissionDenied } from "./Http.ts"
import { objectOf, type JsonObject } from "../Json.ts"
import { identifiers, type Access, type Workspace } from "./Workspace.ts"

/** Options of batch jobs. */
export interface Options {
  /** The duration of a job in milliseconds. @default 0, so that it is done at once */
  readonly jobDuration?: number
  /** The limit of running jobs. @default 20000 */
  readonly maxRunningJobs?: number
  /**
   * Refuses a bad credential with a proxy's web page, in place of the JSON of the API reference:
   * https://docs.speechmatics.com/speech-to-text/batch/troubleshooting (read 2026-11-21).
   *
   * @default false
   */
  readonly htmlRefusals?: boolean
}

/** One job. */
export interface Job extends Access {
  readonly id: string
  readonly region: string
  readonly createdAt: number
  readonly doneAt: number
  readonly config: JsonObject
  readonly fileName: string
  readonly contentType: string
  readonly data: Uint8Array<ArrayBuffer>
  /** Milliseconds of audio. */
  readonly duration: number
}

/** A submitted job. */
export type Submission = Pick<Job, "config" | "fileName" | "contentType" | "data">

/** The jobs of one emulator. */
export interface Jobs {
  readonly clock: Clock
  /** Authenticates a call, or refuses it. */
  readonly authenticate: (call: Call) => Access | Response
  /** Lists the jobs that are visible to the caller, newest first, including deleted ones. */
  readonly list: (call: Call, access: Access) => ReadonlyArray<Job>
  /** Finds the job of a call, if it is visible to the caller. */
  readonly find: (call: Call, access: Access) => Job | Response
  readonly add: (call: Call, access: Access, submission: Submission) => Job | Response
  readonly remove: (job: Job) => void
  readonly status: (job: Job) => "running" | "done" | "deleted"
  /** Waits until the job is done, or until this number of seconds has passed. */
  readonly settled: (job: Job, seconds: number) => Promise<void>
  readonly words: (job: Job) => ReadonlyArray<Audio.Word>
}

/** Makes an empty store. */
export const make = (workspace: Workspace, words: ReadonlyArray<string>, options: Options): Jobs => {
  const { clock } = workspace
  const jobs = new Map<string, Job>()
  const deleted = new Set<string>()
  const nextId = identifiers(2)
  const isRunning = (job: Job) => !deleted.has(job.id) && clock.now() < job.doneAt
  const isExpired = (job: Job) => clock.now() >= job.doneAt + retention
  const sees = (call: Call, access: Access) => (job: Job) =>
    job.region === call.region &&
    job.projectId === access.projectId &&
    job.clientRef === (access.clientRef ?? job.clientRef)

  return {
    clock,
    authenticate: (call) =>
      workspace.access(bearer(call.request), "batch", call.region) ??
      (options.htmlRefusals === true ? authorizationRequired() : permissionDenied()),
    list: (call, access) => [...jobs.values()].filter((job) => sees(call, access)(job) && !isExpired(job)).toReversed(),
    find: (call, access) => {
      const job = jobs.get(call.params["jobid"] ?? "")
      if (job === undefined || !sees(call, access)(job)) return failure(404, "Job not found")
      return isExpired(job) ? failure(410, "Job Expired") : job
    },
    add: (call, { projectId, clientRef }, submission) => {
      if ([...jobs.values()].filter(isRunning).length >= (options.maxRunningJobs ?? 20_000)) {
        return failure(429, "Max concurrent running jobs exceeded")
      }
      const createdAt = clock.now()
      const meter = Audio.meter("file")
      meter.add(submission.data)
      const job = {
        ...submission,
        id: nextId(),
        projectId,
        clientRef,
        region: call.region,
        createdAt,
        doneAt: createdAt + (options.jobDuration ?? 0),
        duration: meter.milliseconds()
      }
      jobs.set(job.id, job)
      return job
    },
    remove: (job) => deleted.add(job.id),
    status: (job) => (deleted.has(job.id) ? "deleted" : isRunning(job) ? "running" : "done"),
    settled: async (job, seconds) => {
      if (!isRunning(job) || !(seconds > 0)) return
      const left = Math.min(job.doneAt - clock.now(), seconds * 1000)
      await new Promise<void>((resolve) => clock.after(left, resolve))
    },
    words: (job) => Audio.spoken(words, job.duration)
  }
}

const authorizationRequired = (): Response =>
  new Response("<html><head><title>401 Authorization Required</title></head></html>", {
    status: 401,
    headers: { "content-type": "text/html" }
  })

// https://docs.speechmatics.com/speech-to-text/batch/limits#data-retention-limits (read 2026-11-21): 7 days.
const retention = 7 * 24 * 3_600_000

/** Returns the language of a job. */
export const languageOf = (job: Job): string => {
  const { language } = objectOf(job.config["transcription_config"])
  return typeof language === "string" ? language : "en"
}
