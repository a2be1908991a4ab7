/** Checks the built site: every link leads to a page, an anchor or a file, and none to another host unless it is a link. */
import { existsSync, globSync, readFileSync, statSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { addressOf, root } from "./workspace.ts"

const site = join(import.meta.dirname, "dist")

const html = new Map(globSync("**/*.html", { cwd: site }).map((path) => [path, readFileSync(join(site, path), "utf8")]))

const all = (text: string, pattern: RegExp): ReadonlyArray<string> =>
  Array.from(text.matchAll(pattern), ([, found = ""]) => found.replaceAll("&amp;", "&"))

const ids = new Map([...html].map(([path, text]) => [path, new Set(all(text, /\bid="([^"]*)"/g))]))

const repository = addressOf("")

/** Tells why a link of a page is dead, or `undefined` if it is not. */
const problemOf = (page: string, link: string): string | undefined => {
  if (link.startsWith(repository)) {
    const path = decodeURIComponent(link.slice(repository.length).replace(/#.*$/, ""))
    return existsSync(join(root, path)) ? undefined : "no such file in the repository"
  }
  if (/^\w+:/.test(link)) return undefined
  const [target = "", anchor = ""] = link.split("#").map(decodeURIComponent)
  const path =
    target === "" ? join(site, page) : resolve(join(site, target.startsWith("/") ? "" : dirname(page)), `./${target}`)
  const found = [path, `${path}.html`, join(path, "index.html")].find(
    (one) => existsSync(one) && statSync(one).isFile()
  )
  if (found === undefined) return "no such page"
  const known = ids.get(relative(site, found))
  return anchor === "" || known === undefined || known.has(anchor) ? undefined : "no such anchor"
}

/** Returns a line for each dead link of the built site, with the first page that has it. */
export const deadLinks = (): ReadonlyArray<string> => {
  const dead = new Map<string, string>()
  for (const [page, text] of html) {
    for (const link of all(text, /\b(?:href|src)="([^"]*)"/g)) {
      const problem = problemOf(page, link)
      if (problem !== undefined && !dead.has(link)) dead.set(link, `${link}: ${problem} (on ${page})`)
    }
  }
  return [...dead.values()]
}
