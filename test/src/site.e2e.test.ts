/** The documentation site, built and looked at in Chromium: pages, search, dark mode, phone width, and no outside request. */
import { execFile } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs"
import { createServer, type Server } from "node:http"
import { extname, join } from "node:path"
import { promisify } from "node:util"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { find } from "./support/programs.ts"
import { root } from "./support/workspace.ts"

const program = process.env["CHROMIUM_PATH"] ?? find(["chromium"])
if (program === undefined && process.env["REQUIRE_SERVICES"] === "1") throw new Error("Chromium is missing.")

const dist = join(root, "site/dist")
const screenshots = join(root, "site/screenshots")

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".woff2": "font/woff2",
  ".svg": "image/svg+xml"
}

/** Serves the built site as a static host does. */
const serve = async (): Promise<{ readonly server: Server; readonly origin: string }> => {
  const server = createServer(({ url = "/" }, response) => {
    const path = join(dist, decodeURIComponent(new URL(url, "http://localhost").pathname))
    const file = [path, `${path}.html`, join(path, "index.html")].find(
      (one) => existsSync(one) && statSync(one).isFile()
    )
    response.writeHead(file === undefined ? 404 : 200, { "content-type": types[extname(file ?? "")] ?? "text/plain" })
    response.end(file === undefined ? "" : readFileSync(file))
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  return { server, origin: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` }
}

describe.skipIf(program === undefined)("the documentation site", () => {
  let browser: Browser
  let site: Awaited<ReturnType<typeof serve>>

  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [join(root, "site/main.ts")], { cwd: root })
    mkdirSync(screenshots, { recursive: true })
    browser = await chromium.launch({ executablePath: program ?? "", args: ["--no-sandbox"] })
    site = await serve()
  }, 600_000)
  afterAll(async () => {
    await browser?.close()
    site?.server.close()
  })

  /** Opens a page; fails on an error in its console, an outside request, or a horizontal scroll. */
  const visit = async (
    path: string,
    name: string,
    options: BrowserContextOptions,
    look: (page: Page) => Promise<void> = async () => {}
  ): Promise<void> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    const page = await context.newPage()
    const complaints: Array<string> = []
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text())
    })
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("request", (request) => {
      if (!request.url().startsWith(site.origin) && !request.url().startsWith("data:")) complaints.push(request.url())
    })
    try {
      await page.goto(site.origin + path, { waitUntil: "networkidle" })
      await look(page)
      await page.screenshot({ path: join(screenshots, `${name}.png`) })
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      assert.isAtMost(overflow, 0, `${path} scrolls sideways`)
      assert.deepStrictEqual(complaints, [])
    } finally {
      await context.close()
    }
  }

  const phone = { viewport: { width: 375, height: 812 } }
  const dark = { colorScheme: "dark" } as const

  const pages = [
    ["/", "home"],
    ["/production/alerts.html", "alerts"],
    ["/vendors/speechmatics.html", "vendor"],
    ["/reference/@tempcred/core/Minter.html", "reference"]
  ] as const

  it.each(pages)("%s fits a wide screen, and a phone in light and dark", async (path, name) => {
    await visit(path, name, {})
    await visit(path, `${name}-phone`, phone)
    await visit(path, `${name}-phone-dark`, { ...phone, ...dark })
  })

  it("the search finds an error by its exact text", () =>
    visit("/", "search", {}, async (page) => {
      await page.getByRole("button", { name: "Search" }).click()
      await page.locator("#localsearch-input").fill("names a file that cannot be read")
      await page.locator(".result").first().click()
      await page.waitForURL(/errors\/configuration\.html#files-with-secrets/)
    }))

  it("the switch turns dark mode on, which stays for the next page", () =>
    visit("/", "switched", {}, async (page) => {
      const isDark = () => page.evaluate(() => document.documentElement.classList.contains("dark"))
      assert.isFalse(await isDark())
      await page.locator(".VPNavBarAppearance .VPSwitch").click()
      assert.isTrue(await isDark())
      await page.goto(`${site.origin}/glossary.html`, { waitUntil: "networkidle" })
      assert.isTrue(await isDark())
    }))

  it("a phone has the menu and the sidebar", () =>
    visit("/vendors/soniox.html", "menu", phone, async (page) => {
      await page.locator(".VPLocalNav .menu").click()
      await page.locator(".VPSidebar").getByRole("link", { name: "Glossary" }).click()
      await page.waitForURL(/glossary/)
    }))
})
