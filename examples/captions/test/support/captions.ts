/** The whole example, as `pnpm captions` starts it, and a browser that records everything it receives. */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { assert } from "vitest"
import * as PageServer from "../../src/page.ts"
import * as Server from "../../src/server.ts"
import { emulated, type Vendors } from "../../src/vendors.ts"

const screenshots = join(import.meta.dirname, "../../screenshots")
mkdirSync(screenshots, { recursive: true })

/** One sentence. */
const sentence = join(import.meta.dirname, "../../../demo/speech.wav")

/** Starts a browser whose microphone repeats the sentence. */
export const launch = (program: string): Promise<Browser> =>
  chromium.launch({
    executablePath: program,
    args: [
      "--no-sandbox",
      "--mute-audio",
      "--use-fake-device-for-media-stream",
      `--use-file-for-fake-audio-capture=${sentence}`
    ]
  })

/** Everything that left the backend or is stored in the browser, to search for secrets. */
export const seen: Array<string> = []

const log = (line: string): void => void seen.push(line)

export const start = async (chosen: Promise<Vendors> = emulated()) => {
  const choice = await chosen
  const { vendors } = choice
  let server = await Server.serve(vendors, { log })
  const { origin } = server
  const page = await PageServer.serve(origin, { port: 0, logLevel: "silent", watch: false })
  return {
    url: page.url,
    emulators: vendors.flatMap(({ emulator }) => (emulator === undefined ? [] : [emulator])),
    backend: {
      stop: () => server.close(),
      start: async () => {
        server = await Server.serve(vendors, { log, port: Number(new URL(origin).port) })
      }
    },
    close: async () => {
      await page.close()
      await server.close()
      await choice[Symbol.asyncDispose]()
    }
  }
}

/** Returns everything that the page has stored. */
const stored = (page: Page): Promise<string> =>
  page.evaluate(async () =>
    JSON.stringify([
      Object.entries(localStorage),
      Object.entries(sessionStorage),
      document.cookie,
      await indexedDB.databases(),
      await caches.keys(),
      document.documentElement.outerHTML
    ])
  )

export interface Opened {
  readonly page: Page
  /** The warnings and errors of the browser. */
  readonly complaints: Array<string>
  readonly speak: () => Promise<void>
  readonly sample: () => Promise<void>
  /** Shortens the recording to one sentence. */
  readonly shorten: () => Promise<void>
  /** Waits until the captions match. */
  readonly captions: (expected: RegExp) => Promise<void>
  /** Waits until a note of the timeline matches. */
  readonly note: (expected: RegExp) => Promise<void>
  readonly status: (expected: string) => Promise<void>
  readonly picture: (name: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** Opens the page in its own browser context. */
export const open = async (browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> => {
  const context = await browser.newContext({ permissions: ["microphone"], reducedMotion: "reduce", ...options })
  const page = await context.newPage()
  const complaints: Array<string> = []
  const answers: Array<Promise<unknown>> = []
  page.on("console", (message) => {
    seen.push(message.text())
    if (["error", "warning"].includes(message.type())) complaints.push(message.text())
  })
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("websocket", (socket) => {
    seen.push(socket.url())
    const keep = ({ payload }: { readonly payload: string | Buffer }) => void seen.push(payload.toString())
    socket.on("framesent", keep)
    socket.on("framereceived", keep)
  })
  page.on("response", (response) => {
    const kept = Promise.all([response.text(), response.allHeaders()]).then(([text, headers]) =>
      seen.push(response.url(), text, JSON.stringify(headers))
    )
    // Bodies are unavailable after their page has closed.
    answers.push(kept.catch(() => undefined))
  })
  await page.goto(url)
  const says = async (selector: string, expected: RegExp) => {
    const found = page.locator(selector).filter({ hasText: expected }).first()
    await found.waitFor({ timeout: 30_000 }).catch(async () => {
      assert.match(await page.locator(selector).first().innerText(), expected)
      assert.fail(`${selector} did not say ${expected} in time`)
    })
  }
  const status = (expected: string) => says("#status", new RegExp(`^${expected}$`))
  await status("Ready")
  return {
    page,
    complaints,
    status,
    speak: () => page.getByRole("button", { name: "Start speaking" }).click(),
    sample: () => page.getByRole("button", { name: "Use the recording" }).first().click(),
    shorten: async () => {
      await page.route("**/demo/speech.wav", (route) => route.fulfill({ path: sentence }))
    },
    captions: (expected) => says("#captions", expected),
    note: (expected) => says("#notes li", expected),
    picture: async (name) => {
      await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true })
    },
    close: async () => {
      seen.push(await stored(page))
      await Promise.all(answers)
      await context.close()
    }
  }
}
