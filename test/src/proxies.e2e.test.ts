/** Real proxies between a server and its vendors, configured by the environment. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer as createProxy } from "node:http"
import { createServer } from "node:https"
import { type AddressInfo, connect } from "node:net"
import { join } from "node:path"
import { promisify } from "node:util"
import { certificate } from "./support/certificate.ts"
import { root } from "./support/workspace.ts"

const listen = async (server: ReturnType<typeof createProxy> | ReturnType<typeof createServer>) => {
  await once(server.listen(0, "127.0.0.1"), "listening")
  return (server.address() as AddressInfo).port
}

const closing = (server: { readonly closeAllConnections: () => void; readonly close: () => unknown }) =>
  Effect.sync(() => {
    server.closeAllConnections()
    server.close()
  })

/** Starts a vendor behind TLS, whose names cannot be resolved. */
const vendor = Effect.acquireRelease(
  Effect.promise(async () => {
    const { path, pem, remove } = certificate("vendor.invalid", "api.vendor.invalid")
    const seen = { connections: 0, requests: Array<string>() }
    const server = createServer(pem, (request, response) => {
      if (request.url === "/keys") return response.end('{"keys":[]}')
      if (request.url === "/v1/auth/temporary-api-key") {
        const expires_at = new Date(Date.now() + 60_000).toISOString()
        return response.writeHead(201).end(JSON.stringify({ api_key: "temp:token-of-the-vendor", expires_at }))
      }
      seen.requests.push(
        `${request.headers.host} ${request.headers.authorization} ${request.headers["proxy-authorization"]}`
      )
      response.end("{}")
    })
    server.on("secureConnection", () => (seen.connections += 1))
    return { authority: path, port: await listen(server), remove, seen, server }
  }),
  ({ remove, server }) => Effect.andThen(closing(server), Effect.sync(remove))
)

/** Starts a proxy that opens tunnels to one port for every name, and records its requests. */
const proxy = (target: number, status = 200) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const seen = { tunnels: Array<string>(), passwords: Array<string | undefined>(), requests: Array<string>() }
      const server = createProxy((request, response) => {
        seen.requests.push(request.url ?? "")
        response.writeHead(502).end()
      })
      server.on("connect", (request, socket) => {
        seen.tunnels.push(request.url ?? "")
        seen.passwords.push(request.headers["proxy-authorization"])
        if (status !== 200) return socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
        const through = connect(target, "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n")
          through.pipe(socket).pipe(through)
        })
        for (const end of [socket, through]) end.on("error", () => through.destroy())
      })
      return { port: await listen(server), seen, server }
    }),
    ({ server }) => closing(server)
  )

const program = join(import.meta.dirname, "support/proxy-worker.ts")

/** Sends two requests to each URL from its own process, and returns the results and the output. */
const sendApart = (env: Readonly<Record<string, string>>, ...urls: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const { PATH } = process.env
    const { stderr, stdout } = await promisify(execFile)(process.execPath, [program, ...urls], {
      env: { PATH, ...env },
      timeout: 30_000
    })
    assert.strictEqual(stderr, "")
    const outcomes: ReadonlyArray<string> = JSON.parse(stdout)
    return outcomes
  })

const user = `Basic ${Buffer.from("user:pass/word").toString("base64")}`

describe("the pool of Node", () => {
  for (const variable of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]) {
    it.live(`sends through the proxy of ${variable}, over one tunnel that stays open and keeps no process alive`, () =>
      Effect.gen(function* () {
        const { authority, port, seen } = yield* vendor
        const between = yield* proxy(port)
        const outcomes = yield* sendApart(
          { [variable]: `http://user:pass%2Fword@127.0.0.1:${between.port}`, NODE_EXTRA_CA_CERTS: authority },
          "https://vendor.invalid/v1"
        )
        assert.deepStrictEqual(outcomes, ["200", "200"])
        assert.deepStrictEqual(between.seen.tunnels, ["vendor.invalid:443"])
        assert.deepStrictEqual(between.seen.passwords, [user])
        // The proxy does not see the key, and the vendor does not see the proxy's password.
        assert.deepStrictEqual(seen.requests, Array(2).fill("vendor.invalid Bearer the-key undefined"))
        assert.strictEqual(seen.connections, 1)
      })
    )
  }

  it.live("skips the hosts of NO_PROXY and this machine, to which a key may be sent without TLS", () =>
    Effect.gen(function* () {
      const { authority, port, seen } = yield* vendor
      const between = yield* proxy(port)
      const plain = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const server = createProxy((_, response) => response.end("{}"))
          return { port: await listen(server), server }
        }),
        ({ server }) => closing(server)
      )
      for (const name of ["NO_PROXY", "no_proxy"]) {
        const env = { HTTPS_PROXY: `127.0.0.1:${between.port}`, HTTP_PROXY: `127.0.0.1:${between.port}` }
        const outcomes = yield* sendApart(
          { ...env, NODE_EXTRA_CA_CERTS: authority, [name]: "other.example, .api.vendor.invalid:443" },
          "https://api.vendor.invalid/v1",
          "https://vendor.invalid/v1",
          `http://127.0.0.1:${plain.port}/v1`
        )
        const direct = "no complete response from the vendor (ENOTFOUND): api.vendor.invalid:443 cannot be reached"
        assert.deepStrictEqual(outcomes, [direct, direct, "200", "200", "200", "200"])
      }
      assert.deepStrictEqual([between.seen.tunnels.length, between.seen.requests], [2, []])
      assert.strictEqual(seen.requests.length, 4)
    })
  )

  it.live("names a proxy that refuses or is unreachable, without its password", () =>
    Effect.gen(function* () {
      const refusing = yield* proxy(1, 407)
      const at = (port: number) => ({ HTTPS_PROXY: `http://user:pass-word@127.0.0.1:${port}` })
      const [refused = ""] = yield* sendApart(at(refusing.port), "https://vendor.invalid/v1")
      assert.match(
        refused,
        /^no complete response from the vendor \(UND_ERR_\w+\): vendor\.invalid:443 cannot be reached: .*407/
      )
      assert.include(refused, `; through the proxy at 127.0.0.1:${refusing.port} (HTTPS_PROXY)`)
      const gone = yield* Effect.scoped(proxy(1))
      const [unreachable = ""] = yield* sendApart(at(gone.port), "https://vendor.invalid/v1")
      assert.strictEqual(
        unreachable,
        `no complete response from the vendor (ECONNREFUSED): vendor.invalid:443 cannot be reached; through the proxy at 127.0.0.1:${gone.port} (HTTPS_PROXY)`
      )
    })
  )

  it.live("refuses an invalid proxy when the layer is built, without repeating its value", () =>
    Effect.gen(function* () {
      for (const value of ["ftp://user:pass-word@proxy.example", "http://user:pass-word@:3128", "http://"]) {
        const [outcome] = yield* sendApart({ https_proxy: value }, "https://vendor.invalid/v1")
        assert.strictEqual(outcome, "https_proxy must be the URL of a proxy, such as http://proxy.example:3128")
      }
    })
  )
})

describe("the command line", () => {
  const main = join(root, "packages/tempcred/src/cli/main.ts")
  const patience = { timeout: 60_000 }

  const configured = (authority: string, port: number) => ({
    HTTPS_PROXY: `http://user:pass-word@127.0.0.1:${port}`,
    NODE_EXTRA_CA_CERTS: authority,
    TEMPCRED_PROVIDER: "soniox",
    SONIOX_API_KEY: "long-lived-key",
    SONIOX_API_BASE_URL: "https://vendor.invalid",
    SONIOX_WS_URL: "wss://api.vendor.invalid/listen"
  })

  /** Runs a command to its end, and returns its output. */
  const command = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
    Effect.promise(async () => {
      const { PATH } = process.env
      const ended = promisify(execFile)(process.execPath, [main, ...args], { env: { PATH, ...env }, timeout: 30_000 })
      return ended.catch((failed: { readonly stdout: string; readonly stderr: string }) => failed)
    })

  it.live(
    "mints through the proxy, and doctor checks the same way",
    () =>
      Effect.gen(function* () {
        const { authority, port } = yield* vendor
        const between = yield* proxy(port)
        const env = {
          ...configured(authority, between.port),
          TEMPCRED_AUTH_JWKS_URL: "https://api.vendor.invalid/keys",
          TEMPCRED_AUTH_AUDIENCE: "speech"
        }
        const minted = yield* command(env, "mint", "--json")
        assert.strictEqual(minted.stderr, "")
        assert.include(JSON.parse(minted.stdout), { provider: "soniox" })
        const { stderr, stdout } = yield* command(env, "doctor", "--json")
        const findings: ReadonlyArray<{ check: string; outcome: string; detail: string }> = JSON.parse(stdout)
        const at = `the proxy at 127.0.0.1:${between.port} (HTTPS_PROXY)`
        assert.deepStrictEqual(
          findings.map(({ check, outcome }) => `${check} ${outcome}`),
          [
            "configuration ok",
            "dns skipped",
            "tls ok",
            "clock ok",
            "mint ok",
            "connection skipped",
            // The key set is read through the proxy too.
            "endpoint ok"
          ]
        )
        assert.strictEqual(findings[1]?.detail, `${at} resolves vendor.invalid`)
        assert.match(
          findings[2]?.detail ?? "",
          /^vendor\.invalid uses TLSv1\.3, certificate valid for \d days, through the proxy/
        )
        assert.notInclude(stdout + stderr, "pass-word")
        assert.deepStrictEqual(new Set(between.seen.tunnels), new Set(["vendor.invalid:443", "api.vendor.invalid:443"]))
      }),
    patience
  )

  it.live(
    "serve mints through the proxy, with nothing added",
    () =>
      Effect.gen(function* () {
        const { authority, port } = yield* vendor
        const between = yield* proxy(port)
        const { PATH } = process.env
        const serving = yield* Effect.acquireRelease(
          Effect.sync(() =>
            spawn(process.execPath, [main, "serve", "--port", "0"], {
              env: {
                PATH,
                ...configured(authority, between.port),
                TEMPCRED_AUTH_BEARER_TOKENS: "kiosk-7=a-token-of-the-app-for-the-kiosk"
              },
              stdio: ["ignore", "ignore", "pipe"]
            })
          ),
          (child) => Effect.sync(() => child.kill("SIGKILL"))
        )
        const origin = yield* Effect.promise(async () => {
          let said = ""
          for await (const text of serving.stderr.setEncoding("utf8")) {
            said += text
            const [, found] = /Listening on (\S+)\. /.exec(said) ?? []
            if (found !== undefined) return found
          }
          throw new Error(said)
        })
        const answer = yield* Effect.promise(() =>
          fetch(`${origin}/v1/credentials`, {
            method: "POST",
            headers: {
              authorization: "Bearer a-token-of-the-app-for-the-kiosk",
              "content-type": "application/json",
              connection: "close"
            },
            body: '{"purpose":"stt.realtime"}'
          })
        )
        assert.strictEqual(answer.status, 201)
        assert.deepStrictEqual(between.seen.tunnels, ["vendor.invalid:443"])
      }),
    patience
  )

  it.live(
    "doctor names a proxy that refuses, one that cannot be reached, and one that is none",
    () =>
      Effect.gen(function* () {
        const { authority } = yield* vendor
        const refusing = yield* proxy(1, 407)
        const gone = yield* Effect.scoped(proxy(1))
        for (const [env, said, advised] of [
          [
            configured(authority, refusing.port),
            "refused a connection to vendor.invalid (status 407)",
            "user name and password"
          ],
          [configured(authority, gone.port), "cannot be reached (ECONNREFUSED)", "NO_PROXY"],
          [
            { ...configured(authority, 1), HTTPS_PROXY: "ftp://user:pass-word@proxy" },
            "HTTPS_PROXY must be the URL",
            ""
          ]
        ] as const) {
          const { stdout } = yield* command(env, "doctor")
          assert.include(stdout, said)
          assert.include(stdout, advised)
          assert.notInclude(stdout, "pass-word")
        }
      }),
    patience
  )
})
