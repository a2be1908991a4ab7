/** What every published package.json states alike, derived from the address of the repository in the root package.json. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { files, packages, root } from "../../src/support/workspace.ts"

/** The address until the repository has a public one: the top-level domain `.example` is reserved and belongs to nobody. */
export const unset = "https://code.example/tempcred/tempcred"

const read = (path: string) => readFileSync(join(root, path), "utf8")

/** Returns the address of the repository, such as `https://github.com/owner/tempcred`. */
export const address = (): string => {
  const { repository }: { readonly repository: { readonly url: string } } = JSON.parse(read("package.json"))
  return repository.url.replace(/^git\+/, "").replace(/\.git$/, "")
}

const keywords = [
  "speech-to-text",
  "text-to-speech",
  "voice-agent",
  "ephemeral-token",
  "temporary-api-key",
  "short-lived-credentials"
]

/** Vendors' packages are found by the vendor's name, and those for Effect by its name. */
const keywordsOf = (folder: string): ReadonlyArray<string> => {
  const name = folder.replace("packages/", "")
  const vendor = files.includes(`test/src/vendors/${name}.ts`) ? [name] : []
  const effect = name === "tempcred" || name === "emulator" ? [] : ["effect"]
  // The formatter sorts them.
  return ["tempcred", ...vendor, ...keywords, ...effect].toSorted()
}

/** Returns the fields that the package.json of a folder must have, in their order. */
export const metadata = (folder: string) => ({
  keywords: keywordsOf(folder),
  homepage: `${address()}/tree/main/${folder}#readme`,
  bugs: { url: `${address()}/issues` },
  license: "MIT",
  author: "The tempcred authors",
  repository: { type: "git", url: `git+${address()}.git`, directory: folder }
})

/** Returns a package.json with its metadata behind its description. */
const withMetadata = (folder: string, text: string): string => {
  const { description, name, version, ...others } = JSON.parse(text)
  const fields = { name, version, description, ...metadata(folder) }
  const rest = Object.entries(others).filter(([field]) => !Object.hasOwn(fields, field))
  return `${JSON.stringify({ ...fields, ...Object.fromEntries(rest) }, undefined, 2)}\n`
}

/** Writes the metadata into every package.json. */
export const writeMetadata = (): void => {
  for (const { folder } of packages) {
    const path = join(root, folder, "package.json")
    writeFileSync(path, withMetadata(folder, readFileSync(path, "utf8")))
  }
}

/** Replaces the address in every file of the checkout; returns the files that changed. */
export const moveTo = (url: string): ReadonlyArray<string> => {
  const old = address()
  const texts = files.map((path) => [path, read(path)] as const).filter(([, text]) => text.includes(old))
  // The reserved address has its own name here.
  const changed = texts.filter(([path]) => path !== "test/scripts/release/Metadata.ts")
  for (const [path, text] of changed) writeFileSync(join(root, path), text.replaceAll(old, url))
  return changed.map(([path]) => path)
}
