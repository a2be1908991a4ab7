/** The page in a browser, with emulated vendors: it captions, recovers from failures, and receives no key. */
import { once } from "node:events"
import { get } from "node:http"
import type { Browser, BrowserContextOptions, WebSocketRoute } from "playwright-core"
import { serve, Soniox } from "tempcred/emulator"
import { afterAll, assert, beforeAll, describe, inject, it, vi } from "vitest"
import * as Server from "../src/server.ts"
import { recording, words } from "../src/recording.ts"
import { emulated, live } from "../src/vendors.ts"
import { launch, open, type Opened, seen, start } from "./support/captions.ts"

const program = inject("chromium")

const sentence = words.join(" ").trim()
const beginning = /^The long key stays at/

/** Tells whether the browser itself logged the line, for an error response; a page cannot prevent it. */
const isOfBrowser = (complaint: string): boolean => complaint.startsWith("Failed to load resource")

/** Measures in the page the WCAG contrast of the ring around the chosen vendor. */
const contrastOfChoice = (): number => {
  const luminance = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = (color.match(/\d+/g) ?? []).map((value) => (Number(value) / 255) ** 2.2)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const choice = document.querySelector("#choices input:checked + span") ?? document.body
  const ring = luminance(/rgb[^)]*/.exec(getComputedStyle(choice).boxShadow)?.[0] ?? "")
  const paper = luminance(getComputedStyle(document.documentElement).backgroundColor)
  return (Math.max(ring, paper) + 0.05) / (Math.min(ring, paper) + 0.05)
}

/** Tells in the page whether the captions are longer than their place, and scrolled to their end. */
const newestWordsAreVisible = (): boolean => {
  const { clientHeight, scrollHeight, scrollTop } = document.querySelector("#captions") ?? document.body
  return scrollHeight > clientHeight && scrollHeight - scrollTop - clientHeight < 2
}

describe.skipIf(program === undefined)("live captions", () => {
  let browser: Browser
  let captions: Awaited<ReturnType<typeof start>>
  const keys = new Set<string>()

  beforeAll(async () => {
    ;[browser, captions] = await Promise.all([launch(program ?? ""), start()])
    for (const { apiKey } of captions.emulators) keys.add(apiKey)
  })
  afterAll(async () => {
    await browser?.close()
    await captions?.close()
  })

  /** Opens the page for a vendor, and closes it; fails if the browser logged a complaint. */
  const visit = async (
    run: (opened: Opened) => Promise<void>,
    {
      vendor = "Soniox",
      url = captions.url,
      ...options
    }: BrowserContextOptions & { vendor?: string; url?: string } = {}
  ): Promise<void> => {
    const opened = await open(browser, url, options)
    try {
      await opened.page.getByRole("radio", { name: vendor }).check()
      await run(opened)
      assert.deepStrictEqual(
        opened.complaints.filter((complaint) => !isOfBrowser(complaint)),
        []
      )
    } finally {
      await opened.close()
    }
  }

  /** Starts an example of its own, for tests that cut connections or stop the backend. */
  const alone = async (
    run: (opened: Opened, own: Awaited<ReturnType<typeof start>>) => Promise<void>,
    { maxSessionSeconds, ...options }: BrowserContextOptions & { vendor?: string; maxSessionSeconds?: number } = {}
  ): Promise<void> => {
    const own = await start(emulated({ maxSessionSeconds }))
    try {
      await visit((opened) => run(opened, own), { ...options, url: own.url })
    } finally {
      await own.close()
    }
  }

  const fail = ({ page }: Opened, name: string) => page.getByRole("button", { name }).click()

  describe.concurrent("in a browser", () => {
    it.each(["Soniox", "Speechmatics"])("captions appear during speech, with %s", async (vendor) => {
      await visit(
        async (opened) => {
          const { page } = opened
          await opened.picture(`ready-${vendor}`)
          await opened.speak()
          await opened.captions(beginning)
          await opened.status("Listening")
          assert.notStrictEqual(await page.locator(".partial").first().innerText(), "")
          assert.match(
            await page.locator("#credential").innerText(),
            /^1, (one use|many uses), used to connect, 0:[45]\d left$/
          )
          assert.match(
            await page.locator("#connection").innerText(),
            /^1, open for 0:\d\d, (0:[45]\d left|no time limit)$/
          )
          assert.strictEqual(await page.locator("#captions").getAttribute("aria-live"), "polite")
          assert.strictEqual(await page.evaluate(() => document.getAnimations().length), 0, "it moves")
          await opened.note(/Credential 1 minted by \w+, \w{3}.?•+, for (one use|many uses)/)
          await opened.picture(`listening-${vendor}`)
          await page.getByRole("button", { name: "Stop" }).click()
          await opened.status("Ready")
          await opened.note(/Connection 1 closed/)
          assert.strictEqual(await page.locator(".partial").count(), 0)

          await opened.shorten()
          await opened.sample()
          await opened.status("Listening")
          await opened.status("Ready")
          const heard = await page.locator("#captions").innerText()
          assert.isTrue(heard.startsWith(sentence), heard)
          assert.deepStrictEqual(opened.complaints, [])
        },
        { vendor }
      )
    })

    it.each([
      {
        vendor: "Soniox",
        expired: [
          /Connection 2 ended: soniox refused credential 2: 401 unauthenticated/,
          /Connection 3 opened with credential 3/
        ],
        again: [
          /Credential 3 used again, for one use/,
          /Connection 4 ended: soniox refused credential 3: 401 unauthenticated/,
          /Connection 5 opened with credential 4/
        ]
      },
      {
        vendor: "Speechmatics",
        expired: [
          /Credential 1 from the endpoint's cache, for many uses/,
          /speechmatics refused credential 1: not_authorised/,
          /Connection 2 opened with credential 2/
        ],
        again: [/Credential 2 used again, for many uses/, /Connection 3 opened with credential 2/]
      }
    ])(
      "during the recording, credentials that have expired or were used before are replaced, by $vendor",
      async ({ again, expired, vendor }) => {
        await alone(
          async (opened) => {
            await opened.sample()
            await opened.captions(beginning)
            await fail(opened, "An expired credential")
            for (const expected of expired) await opened.note(expected)
            await opened.captions(/The long key.*The long key/)
            await opened.picture(`expired-${vendor}`)

            await fail(opened, "The same credential again")
            for (const expected of again) await opened.note(expected)
            await opened.captions(/(The long key.*){3}/)
            await opened.picture(`used-again-${vendor}`)

            await fail(opened, "No endpoint for a while")
            await opened.page.getByText(/Trying again in \d s/).waitFor()
            await opened.note(/No credential: unavailable \(503\)/)
            await opened.page.waitForFunction(newestWordsAreVisible)
            await opened.picture(`endpoint-away-${vendor}`)
            await opened.captions(/(The long key.*){4}/)
            await opened.status("Listening")
            await opened.status("Ready")
          },
          { vendor }
        )
      }
    )

    it("speech during an outage of the backend is captioned afterwards", async () => {
      await alone(async (opened, { backend }) => {
        const { page } = opened
        await backend.stop()
        await opened.speak()
        await page.getByRole("alert").getByText("The token endpoint").waitFor()
        await opened.note(/No credential: unavailable/)
        await page.getByText(/Trying again in [34] s/).waitFor()
        await opened.picture("endpoint-down")
        await backend.start()
        await page.getByRole("button", { name: "Try now" }).click()
        // The new process does not know the user.
        await opened.note(/No credential: UnauthenticatedError/)
        await opened.note(/Connection 1 opened with credential 1/)
        await opened.captions(beginning)
        assert.isTrue(await page.getByRole("alert").isHidden())
      })
    })

    it("without a microphone the recording is offered, on a narrow screen too, light and dark", async () => {
      await visit(
        async (opened) => {
          const { page } = opened
          const alert = page.getByRole("alert")
          await opened.speak()
          await alert.getByText("The microphone is blocked").waitFor()
          await opened.picture("microphone-denied")
          await alert.getByRole("button", { name: "Use the recording" }).click()
          await opened.captions(beginning)
          assert.isTrue(await alert.isHidden())
          for (const colorScheme of ["light", "dark"] as const) {
            await page.emulateMedia({ colorScheme })
            const shown = await page.evaluate(() => {
              const { backgroundColor, color } = getComputedStyle(document.documentElement)
              const brightness = (value: string) => Number(/\d+/.exec(value)?.[0])
              const isDark = brightness(backgroundColor) < brightness(color)
              return { width: document.documentElement.scrollWidth, isDark }
            })
            assert.deepStrictEqual(shown, { width: 320, isDark: colorScheme === "dark" })
            await opened.picture(`narrow-${colorScheme}`)
            // The contrast of the ring with its surroundings.
            assert.isAtLeast(await page.evaluate(contrastOfChoice), 3)
          }
          await page.emulateMedia({ colorScheme: "dark", forcedColors: "active" })
          const radio = page.getByRole("radio", { checked: true })
          assert.strictEqual(await radio.evaluate((shown) => getComputedStyle(shown).opacity), "1")
          assert.isAtLeast((await radio.boundingBox())?.width ?? 0, 10)
          await opened.picture("forced-colors")
          await page.emulateMedia({ forcedColors: "none" })
          await page.setViewportSize({ width: 1280, height: 800 })
          await opened.picture("dark")
          assert.deepStrictEqual(opened.complaints, [])
        },
        { permissions: [], viewport: { width: 320, height: 640 } }
      )
    })

    it("on a phone the failure buttons are near the text, and neither text nor a notice moves them", async () => {
      await visit(
        async ({ captions: heard, page, sample }) => {
          const place = () => page.locator("#failures").boundingBox()
          const { height = 0, y = 0 } = (await place()) ?? {}
          assert.isAtMost(y + height, 667)
          await page.route("**/speech-token/*", (route) => route.fulfill({ status: 503 }))
          await sample()
          await page.getByRole("button", { name: "Try now" }).waitFor()
          assert.strictEqual((await place())?.y, y)
          await page.unroute("**/speech-token/*")
          await page.getByRole("button", { name: "Try now" }).click()
          await heard(/(The long key.*){3}/)
          assert.strictEqual((await place())?.y, y)
        },
        { viewport: { width: 375, height: 667 } }
      )
    })

    it("the session is renewed before the vendor cuts it", async () => {
      await alone(
        async (opened) => {
          await opened.speak()
          await opened.note(/Connecting again before the session limit/)
          await opened.note(/Connection 2 opened with credential 2, session limit 15 s/)
          await opened.note(/Connection 1 closed/)
          await opened.captions(/(The long key.*){2}/)
          await opened.picture("renewed")
          await opened.page.getByRole("button", { name: "Stop" }).click()
          await opened.status("Ready")
          assert.strictEqual(await opened.page.locator("#notes .bad").count(), 0)
        },
        { maxSessionSeconds: 15 }
      )
    })

    it("vendors without a key cannot be chosen, and real ones need no emulator", async () => {
      const soniox = Soniox.make({ words })
      await using server = await serve(soniox)
      const partial = await start(live(soniox.env(server.origin)))
      try {
        await visit(
          async (opened) => {
            assert.isTrue(await opened.page.getByRole("radio", { name: "Speechmatics" }).isDisabled())
            await opened.page.getByText("SPEECHMATICS_API_KEY is not set").waitFor()
            assert.isTrue(await opened.page.locator("#failures").isHidden())
            await opened.speak()
            await opened.captions(/^The long/)
          },
          { url: partial.url }
        )
      } finally {
        await partial.close()
      }
    })

    it("everything can be done with the keyboard", async () => {
      await visit(async ({ captions: heard, page, picture, shorten, status }) => {
        await shorten()
        const focused = () =>
          page.evaluate(() => document.activeElement?.textContent || document.activeElement?.getAttribute("value"))
        const tabTo = async (name: string) => {
          for (let tabs = 0; tabs < 12 && (await focused()) !== name; tabs += 1) await page.keyboard.press("Tab")
          assert.strictEqual(await focused(), name)
        }
        await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur())
        await tabTo("soniox")
        await page.keyboard.press("ArrowRight")
        assert.isTrue(await page.getByRole("radio", { name: "Speechmatics" }).isChecked())
        await tabTo("Start speaking")
        await picture("keyboard")
        await page.keyboard.press("Enter")
        await status("Listening")
        await heard(/^The/)
        assert.strictEqual(await focused(), "Stop")
        await page.keyboard.press("Space")
        await status("Ready")
        // The pressed button disappears, so the focus must move.
        await tabTo("Use the recording")
        await page.keyboard.press("Enter")
        await status("Listening")
        assert.strictEqual(await focused(), "Stop")
        await tabTo("An expired credential")
        await status("Ready")
        assert.strictEqual(await focused(), "Start speaking")
        await page.route("**/speech-token/*", (route) => route.fulfill({ status: 403 }))
        await page.keyboard.press("Enter")
        await page.getByRole("button", { name: "Try again" }).focus()
        await page.unroute("**/speech-token/*")
        await page.keyboard.press("Enter")
        await status("Listening")
        assert.strictEqual(await focused(), "Stop")
      })
    })

    it("the microphone is released at every end of the captions, and reported only for its own errors", async () => {
      await visit(async ({ page, picture, speak, status }) => {
        const alert = page.getByRole("alert")
        const tracks = await page.evaluateHandle(() => {
          const opened: Array<MediaStreamTrack> = []
          const { mediaDevices } = navigator
          const ask = mediaDevices.getUserMedia.bind(mediaDevices)
          mediaDevices.getUserMedia = async (constraints) => {
            const stream = await ask(constraints)
            opened.push(...stream.getTracks())
            return stream
          }
          return opened
        })
        const states = () => tracks.evaluate((opened) => opened.map(({ readyState }) => readyState))
        await page.route("**/speech-token/*", async (route) => {
          const response = await route.fetch()
          await route.fulfill({ response, json: { ...(await response.json()), provider: "acme" } })
        })
        await speak()
        await alert.getByText("there is no bridge to acme").waitFor()
        await status("Ready")
        await picture("stopped")
        assert.deepStrictEqual(await states(), ["ended"])
        assert.notInclude(await page.locator("main").innerText(), "microphone")

        await page.unroute("**/speech-token/*")
        await alert.getByRole("button", { name: "Try again" }).click()
        await status("Listening")
        assert.deepStrictEqual(await states(), ["ended", "live"])
        // The browser ends the track when the device is unplugged.
        await tracks.evaluate(([, track]) => {
          track?.stop()
          track?.dispatchEvent(new Event("ended"))
        })
        await alert.getByText("The microphone is gone").waitFor()
        await status("Ready")
        await alert.getByRole("button", { name: "Use the recording" }).waitFor()
      })
    })

    it("an unreadable message ends the connection by name, and audio without final words is sent again", async () => {
      await visit(async ({ captions: shown, note, page }) => {
        const heard: Array<Array<Buffer>> = []
        const sockets: Array<WebSocketRoute> = []
        await page.routeWebSocket(/transcribe/, (socket) => {
          const pieces: Array<Buffer> = []
          heard.push(pieces)
          sockets.push(socket)
          socket.onMessage((message) => typeof message !== "string" && pieces.push(message))
        })
        const say = (socket: number, finals: string, partial: string) => {
          const tokens = [
            { text: finals, is_final: true },
            { text: partial, is_final: false }
          ]
          sockets[socket]?.send(JSON.stringify({ tokens, final_audio_proc_ms: 500 }))
        }
        await page.getByRole("button", { name: "Start speaking" }).click()
        await vi.waitUntil(() => (heard[0]?.length ?? 0) > 10, 20_000)
        say(0, "The first", " and second")
        await shown(/^The first and second\s*$/)
        sockets[0]?.send("<html>")
        await note(/Connection 1 ended: unreadable message/)
        await note(/Connection 2 opened/)
        await vi.waitUntil(() => (heard[1]?.length ?? 0) > 0, 20_000)
        assert.isTrue(heard[1]?.[0]?.equals(heard[0]?.[5] ?? Buffer.of()), "other words are heard again")
        await shown(/^The first and second\s*$/)
        say(1, "", "and the second")
        await shown(/^The first\s+and the second\s*$/)
      })
    })
  })

  it("the recording lasts long enough to try the failures", async () => {
    const bytes = await recording()
    const seconds = (bytes.length - 44) / 32_000
    assert.isAtLeast(seconds, 20)
    assert.isAtMost(seconds, 30)
  })

  it("the backend refuses requests with another host name", async () => {
    const server = await Server.serve([], { log: () => {} })
    const { port } = new URL(server.origin)
    const status = async (host: string) => {
      const request = get(`${server.origin}/demo/speech.wav`, { headers: { host } })
      const [response] = await once(request, "response")
      request.destroy()
      return response.statusCode
    }
    try {
      assert.strictEqual(await status(`127.0.0.1:${port}`), 200)
      assert.strictEqual(await status("localhost:4810"), 200)
      assert.strictEqual(await status(`attacker.example:${port}`), 421)
      assert.strictEqual(await status("127.0.0.1.attacker.example"), 421)
    } finally {
      await server.close()
    }
  })

  it("a vendor's key is in nothing that a browser was told, nor in the log", () => {
    const all = seen.join("\n")
    for (const expected of ["snx_temp_", "eyJ", '"status":201', "StartRecognition", "<title>Live captions</title>"]) {
      assert.include(all, expected)
    }
    assert.strictEqual(keys.size, 2)
    for (const key of keys) {
      assert.notInclude(all, key)
      assert.notInclude(all, Buffer.from(key).toString("base64").replace(/=+$/, ""))
    }
  })
})
