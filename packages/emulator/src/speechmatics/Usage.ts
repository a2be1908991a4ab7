/**
 * Usage statistics, which need a key that is not limited to one end user.
 *
 * https://docs.speechmatics.com/api-ref/batch/get-usage-statistics (read 2026-11-21)
 */
import type { Call } from "../Emulator.ts"
import { failure } from "./Http.ts"
import { languageOf, type Job, type Jobs } from "./Jobs.ts"
import { objectOf, stringOf } from "../Json.ts"
import type { Access } from "./Workspace.ts"

/** Reports the jobs between two days, both included. By default these are the day of the first job and yesterday. */
export const report = (jobs: Jobs, call: Call, access: Access): Response => {
  if (access.clientRef !== undefined) return failure(403, "Forbidden")
  const done = jobs.list(call, access).filter((job) => jobs.status(job) !== "running")
  const { searchParams } = call.url
  const now = jobs.clock.now()
  const since = searchParams.get("since") ?? dayOf(done.at(-1)?.createdAt ?? now)
  const until = searchParams.get("until") ?? dayOf(now - day)
  const counted = done.filter((job) => dayOf(job.createdAt) >= since && dayOf(job.createdAt) <= until)
  return Response.json({
    since: `${since}T00:00:00Z`,
    until: `${until}T23:59:59Z`,
    summary: total(counted, () => ({})),
    details: total(counted, (job) => ({ language: languageOf(job), model: modelOf(job) }))
  })
}

const day = 24 * 3_600_000

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

const modelOf = (job: Job): string => {
  const config = objectOf(job.config["transcription_config"])
  return stringOf(config["model"]) ?? stringOf(config["operating_point"]) ?? "standard"
}

// Sums up jobs with the same properties in one line.
const total = (jobs: ReadonlyArray<Job>, propertiesOf: (job: Job) => Readonly<Record<string, string>>) => {
  const lines = new Map<string, { readonly count: number; readonly duration_hrs: number }>()
  for (const job of jobs) {
    const properties = propertiesOf(job)
    const key = JSON.stringify(properties)
    const { count, duration_hrs } = lines.get(key) ?? { count: 0, duration_hrs: 0 }
    const hours = job.duration / 3_600_000
    const line = { mode: "batch", type: "transcription", ...properties }
    lines.set(key, { ...line, count: count + 1, duration_hrs: duration_hrs + hours })
  }
  return [...lines.values()]
}
