/** What the plain door costs a page, and that it holds nothing of anybody else's. */
import { build } from "esbuild"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, it } from "vitest"

const bundle = async (module: string) => {
  const { metafile, outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "../src", module)],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2023",
    metafile: true,
    write: false
  })
  const [{ contents } = assert.fail("there is no bundle")] = outputFiles
  return { bytes: gzipSync(contents, { level: 9 }).length, modules: Object.keys(metafile.inputs) }
}

it.each([
  ["index.ts", 3400],
  ["Soniox.ts", 550],
  ["Speechmatics.ts", 450]
])("%s is at most %i bytes of gzip with all that it needs, and needs nothing from outside", async (module, most) => {
  const { bytes, modules } = await bundle(module)
  assert.isAtMost(bytes, most)
  assert.deepStrictEqual(
    modules.filter((path) => !/(^|client\/)src\//.test(path)),
    []
  )
})

it("the README states the size of index.ts, rounded up", async () => {
  const { bytes } = await bundle("index.ts")
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8")
  assert.include(readme, `${(Math.ceil(bytes / 100) / 10).toFixed(1)} kB with gzip`)
})
