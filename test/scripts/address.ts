/**
 * `pnpm address [url]`: prints the public address of the repository, or sets it. The root package.json has it; the packages and the documents
 * follow.
 */
import { parseArgs } from "node:util"
import { address, moveTo, unset, writeMetadata } from "./release/Metadata.ts"

const [url, ...more] = parseArgs({ allowPositionals: true }).positionals

if (more.length > 0 || (url !== undefined && !/^https:\/\/[\w.-]+\/[\w.-]+\/[\w.-]*[\w-]$/.test(url))) {
  process.stderr.write("Usage: pnpm address [https://host/owner/repository]\n")
  process.exit(2)
}
if (url === undefined) {
  process.stdout.write(address() === unset ? `${unset} (not set: pnpm address <url>)\n` : `${address()}\n`)
} else {
  const changed = moveTo(url)
  writeMetadata()
  process.stdout.write(`${address()}: written into ${changed.length} files. Review them with git diff.\n`)
}
