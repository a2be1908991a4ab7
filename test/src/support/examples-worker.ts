/** Runs extracted examples in a thread, by native imports, and reports what each of them prints. */
import { join } from "node:path"
import { format } from "node:util"
import { parentPort, workerData } from "node:worker_threads"

const { files, folder }: { readonly folder: string; readonly files: ReadonlyArray<string> } = workerData

let lines: Array<string> = []
// oxlint-disable-next-line no-console -- an example prints by it
console.log = (...args: ReadonlyArray<unknown>) => void lines.push(format(...args))

for (const file of files) {
  lines = []
  let error: string | undefined
  try {
    // Runs one after the other, as each example needs the console.
    await import(join(folder, file))
  } catch (cause) {
    error = format(cause)
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has none
  parentPort?.postMessage({ file, stdout: lines.join("\n"), error })
}
