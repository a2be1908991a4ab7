/** `contestant.ts <name>`: one contestant in its own process, which runs the tasks in its messages. */
import { beforeSoniox, beforeSpeechmatics, type Task } from "./Contestants.ts"

export interface Done {
  readonly mints: number
  readonly milliseconds: number
  /** The processor time, including threads other than JavaScript's. */
  readonly cpuMicroseconds: number
}

const name = process.argv[2]
const contestant = [...beforeSoniox, ...beforeSpeechmatics].find((one) => one.name === name)
if (contestant === undefined) throw new Error(`there is no contestant ${name}`)
const work = await contestant.open()

const done = async (task: Task): Promise<Done> => {
  const used = process.cpuUsage()
  const start = performance.now()
  const mints = await work(task)
  const milliseconds = performance.now() - start
  const { system, user } = process.cpuUsage(used)
  return { mints, milliseconds, cpuMicroseconds: system + user }
}

process.on("message", async (task: Task) => process.send?.(await done(task)))
process.once("disconnect", () => process.exit())
// A regular end, which writes the profile.
process.once("SIGTERM", () => process.exit())
