/** The pages of the site in the order of its sidebar. A page that is not written yet is left out. */
import { readdirSync } from "node:fs"
import { basename, join } from "node:path"
import type { DefaultTheme } from "vitepress"
import { documents, libraries, titleOf } from "./workspace.ts"

type Item = DefaultTheme.SidebarItem

interface Group {
  readonly text: string
  readonly folder: string
  readonly pages: ReadonlyArray<string>
}

/** The pages of the vendors, in alphabetical order. */
const vendors = readdirSync(join(documents, "vendors"))
  .filter((file) => file.endsWith(".md") && file !== "index.md")
  .map((file) => basename(file, ".md"))
  .toSorted()

const structure: ReadonlyArray<Group | string> = [
  {
    text: "Getting started",
    folder: "getting-started",
    pages: ["express", "next", "hono", "fastify", "workers", "bun", "deno", "effect"]
  },
  "browser",
  "configuration",
  "accounts",
  {
    text: "Vendors",
    folder: "vendors",
    pages: ["index", ...vendors]
  },
  {
    text: "Errors",
    folder: "errors",
    pages: ["index", "requests", "configuration", "endpoint", "client", "command-line"]
  },
  {
    text: "Production",
    folder: "production",
    pages: ["authentication", "keys", "network", "redis", "shutdown", "alerts"]
  },
  {
    text: "Coming from",
    folder: "coming-from",
    pages: ["soniox", "speechmatics", "deepgram", "assemblyai", "elevenlabs", "openai", "livekit", "vercel-ai-sdk"]
  },
  "testing",
  "other-languages",
  "glossary",
  "write-an-adapter",
  "architecture",
  "benchmarks",
  "stability"
]

/** The documents of the sidebar that exist, by their paths from `docs`. */
export const pages: ReadonlyArray<string> = structure
  .flatMap((part) => (typeof part === "string" ? [part] : part.pages.map((page) => `${part.folder}/${page}`)))
  .map((page) => `${page}.md`)
  .filter((path) => titleOf(path) !== undefined)

const itemsOf = (paths: ReadonlyArray<string>): Array<Item> =>
  paths.flatMap((path) => {
    const title = titleOf(`${path}.md`)
    if (title === undefined) return []
    const text = path.endsWith("/index") ? "Overview" : title
    return [{ text, link: `/${path.replace(/(^|\/)index$/, "$1")}` }]
  })

const guides = structure.flatMap((part): Array<Item> => {
  if (typeof part === "string") return itemsOf([part])
  const items = itemsOf(part.pages.map((page) => `${part.folder}/${page}`))
  return items.length === 0 ? [] : [{ text: part.text, collapsed: true, items }]
})

/** The package that an app installs comes first. */
const ordered = libraries.toSorted((one, other) => Number(one.name !== "tempcred") - Number(other.name !== "tempcred"))

const reference = ordered.map(({ modules, name }): Item => {
  const items = modules.flatMap((module) =>
    itemsOf([`reference/${module.name}`]).map((item) => ({ ...item, text: basename(module.name) }))
  )
  return { text: name, collapsed: true, items }
})

/** The sidebar. */
export const sidebar: Array<Item> = [
  ...guides,
  { text: "API reference", link: "/reference/", collapsed: true, items: reference }
]

const bar = [
  { text: "Vendors", path: "vendors/index.md", link: "/vendors/" },
  { text: "Errors", path: "errors/index.md", link: "/errors/" },
  { text: "API reference", path: "reference/index.md", link: "/reference/" }
]

/** The links at the top of each page. */
export const nav: Array<DefaultTheme.NavItem> = bar
  .filter(({ path }) => titleOf(path) !== undefined)
  .map(({ link, text }) => ({ text, link }))
