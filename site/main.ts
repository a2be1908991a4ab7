/** Builds the documentation site into `site/dist`, or serves it for writing with `--dev`. */
import { existsSync, globSync } from "node:fs"
import { join } from "node:path"
import { build, createServer } from "vitepress"
import { pages } from "./pages.ts"
import { documents } from "./workspace.ts"

const folder = import.meta.dirname

if (process.argv.includes("--dev")) {
  if (!existsSync(join(documents, "reference"))) await import("./reference.ts")
  const server = await createServer(folder)
  await server.listen()
  server.printUrls()
} else {
  await import("./reference.ts")
  await build(folder)
  const { deadLinks } = await import("./links.ts")
  const written = globSync("**/*.md", { cwd: documents, exclude: ["reference", "index.md"] })
  const problems = [
    ...written.filter((path) => !pages.includes(path)).map((path) => `docs/${path}: add it to site/pages.ts`),
    ...deadLinks()
  ]
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  if (problems.length > 0) process.exitCode = 1
}
