/** Writes the API reference into `docs/reference`, from the doc comments of all public modules. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Application, Comment, Converter, type DeclarationReflection, ReflectionKind } from "typedoc"
import { addressOf, documents, libraries, root, type Module } from "./workspace.ts"

const modules = libraries.flatMap((library) => library.modules)

const sourceOf = (reflection: DeclarationReflection): Module | undefined => {
  const file = reflection.sources?.[0]?.fullFileName
  return modules.find(({ path }) => join(root, path) === file)
}

/** The comment at the head of a module, which TypeDoc only takes with a tag that nothing else needs. */
const headOf = (path: string): string => {
  const [, comment = ""] = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(join(root, path), "utf8")) ?? []
  return comment
    .replaceAll(/^ *\* ?/gm, "")
    .replaceAll(/^@\w+.*$/gm, "")
    .trim()
}

const options = {
  entryPoints: modules.map(({ path }) => join(root, path)),
  tsconfig: join(import.meta.dirname, "tsconfig.reference.json"),
  basePath: root,
  name: "API reference",
  out: join(documents, "reference"),
  readme: "none",
  router: "module",
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  validation: { notExported: false, invalidLink: true, notDocumented: false },
  disableGit: true,
  sourceLinkTemplate: addressOf("packages/{path}#L{line}"),
  treatWarningsAsErrors: true,
  logLevel: "Warn",
  entryFileName: "index",
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table"
} as const

const app = await Application.bootstrapWithPlugins({
  ...options,
  excludeTags: ["@since"],
  plugin: [fileURLToPath(import.meta.resolve("typedoc-plugin-markdown"))]
})

app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, reflection) => {
  if (!reflection.kindOf(ReflectionKind.Module)) return
  const module = sourceOf(reflection)
  if (module === undefined) return
  reflection.name = module.name
  reflection.comment ??= new Comment([{ kind: "text", text: headOf(module.path) }])
})

const project = await app.convert()
if (project === undefined) throw new Error("The reference could not be made.")
await app.generateOutputs(project)
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1
