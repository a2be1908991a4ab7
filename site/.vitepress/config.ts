/** The documentation site: the documents of `docs`, with the reference that `site/reference.ts` writes beside them. */
import { relative, join, dirname } from "node:path"
import { defineConfig, type MarkdownOptions } from "vitepress"
import { nav, sidebar } from "../pages.ts"
import { addressOf, documents, root } from "../workspace.ts"

type MarkdownIt = Parameters<NonNullable<MarkdownOptions["config"]>>[0]

/** Rewrites links that leave `docs`: their files are in the repository, not on the site. */
const repositoryLinks = (markdown: MarkdownIt): void => {
  markdown.core.ruler.push("repository-links", ({ env, tokens }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.attrGet("href")
      if (token.type !== "link_open" || href === null || !href.startsWith(".")) continue
      const path = relative(root, join(documents, dirname(env.relativePath), href))
      if (!path.startsWith("docs/")) token.attrSet("href", addressOf(path))
    }
  })
}

export default defineConfig({
  title: "tempcred",
  description: "Short-lived credentials for speech vendors",
  lang: "en",
  head: [["link", { rel: "icon", href: "/icon.svg", type: "image/svg+xml" }]],
  srcDir: "../docs",
  outDir: "dist",
  cacheDir: "node_modules/.vitepress",
  metaChunk: true,
  // The search index is one large chunk, which the page fetches when its search is opened.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  markdown: { config: repositoryLinks },
  themeConfig: {
    logo: "/icon.svg",
    search: { provider: "local" },
    nav,
    sidebar,
    outline: { level: [2, 3] }
  }
})
