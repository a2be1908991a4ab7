/** The programs of the guides: blocks of documents with a file name, which listen on a port or call one. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { blocks, type Block } from "./examples.ts"
import { alone, bun, deno, mounted, node, onDeno, worker, workerd, type Program } from "./runtimes.ts"
import { root } from "./workspace.ts"

/** A program of a guide. */
export interface Guide extends Program {
  /** The document, from `docs`. */
  readonly page: string
}

/** The programs that Node runs. */
export const onNode: ReadonlyArray<Guide> = [
  { ...node, page: "getting-started/express", file: "server.ts", command: alone },
  { ...node, page: "getting-started/express", file: "own-route.ts", command: alone },
  { ...node, page: "getting-started/fastify", file: "server.ts", command: alone },
  { ...node, page: "getting-started/hono", file: "app.ts", command: mounted },
  { ...node, page: "getting-started/effect", file: "server.ts", command: alone },
  { ...node, page: "getting-started/next", file: "app/speech-token/route.ts", command: mounted }
]

/** The programs that need another runtime. */
export const elsewhere: ReadonlyArray<Guide> = [
  { runtime: "Bun", path: bun, page: "getting-started/bun", file: "server.ts", command: alone },
  { runtime: "Deno", path: deno, page: "getting-started/deno", file: "server.ts", command: onDeno },
  {
    runtime: "workerd",
    path: workerd,
    page: "getting-started/workers",
    file: "worker.ts",
    command: worker("2026-11-01")
  }
]

const documentOf = ({ page }: Pick<Guide, "page">): string => `docs/${page}.md`

/** Tells whether a block is a program of a guide, which tests run by themselves. */
export const isProgram = ({ file, path }: Block): boolean =>
  [...onNode, ...elsewhere].some((guide) => documentOf(guide) === path && guide.file === file)

/** Writes the block of a program into a file where imports resolve as in tests. */
export const written = <G extends Pick<Guide, "file" | "page">>(guide: G): G & { readonly folder: string } => {
  const block = blocks(documentOf(guide)).find(({ file }) => file === guide.file)
  if (block === undefined) throw new Error(`${documentOf(guide)} has no block with the file name ${guide.file}.`)
  const folder = join("test/.documents", `guides-${process.pid}`, guide.page)
  const path = join(root, folder, guide.file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, block.code)
  return { ...guide, folder }
}
