/** What is told of a failure that a platform reports in its own way. */
import { Transport } from "@tempcred/core/Transport"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const key = "acme/long+lived=key"

/** Sends to a vendor through a platform that fails in this way. */
const failing = (cause: unknown, note?: string) =>
  Transport.make(
    (_, receiver) => {
      receiver.fail(cause)
      return () => {}
    },
    () => note
  )
    .send({ method: "POST", url: new URL("https://api.acme.example/v1?jwt=secret"), key: Redacted.make(key) })
    .pipe(Effect.flip)

const at = "api.acme.example:443 cannot be reached"

describe("a failure", () => {
  for (const [name, cause, expected] of [
    ["of Node", new TypeError("fetch failed", { cause: { code: "ENOTFOUND", message: "getaddrinfo" } }), at],
    [
      "of a certificate",
      new TypeError("fetch failed", { cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } }),
      "api.acme.example:443 has a certificate that is not trusted"
    ],
    [
      "of undici, whose codes say little",
      Object.assign(new Error("Proxy response (407) !== 200"), { code: "UND_ERR_ABORTED" }),
      `${at}: Proxy response (407) !== 200`
    ],
    [
      "of Deno, which has no codes and tells the whole address",
      new TypeError("fetch failed", {
        cause: new Error("error sending request for url (https://user:pass@api.acme.example/v1?jwt=secret): timed out")
      }),
      `${at}: error sending request for url (https://api.acme.example): timed out`
    ],
    [
      "of a platform that refuses an option",
      new TypeError("The 'cache' field on 'RequestInitializerDict' is not implemented."),
      `${at}: The 'cache' field on 'RequestInitializerDict' is not implemented.`
    ],
    [
      "that repeats the header with the key",
      new TypeError(`Headers.append: "Bearer ${key}" is an invalid header value.`),
      `${at}: Headers.append: "Bearer <redacted>" is an invalid header value.`
    ],
    ["without a word", undefined, at]
  ] as const) {
    it.effect(`${name} names the address and the cause, and no secret`, () =>
      Effect.map(failing(cause), (error) => assert.include(error, { _tag: "TransportError", detail: expected }))
    )
  }

  it.effect("that a platform tells in words alone has the usual code", () =>
    Effect.gen(function* () {
      const dns = new Error("error sending request: client error (Connect): dns error: failed to lookup address")
      assert.include(yield* failing(dns), { code: "ENOTFOUND", detail: at })
      const refused = new Error("tcp connect error: Connection refused (os error 111)")
      assert.include(yield* failing(refused), { code: "ECONNREFUSED", detail: at })
    })
  )

  it.effect("is followed by what there is to say on a proxy", () =>
    Effect.map(failing(undefined, "HTTPS_PROXY is set"), ({ message }) =>
      assert.strictEqual(message, `no complete response from the vendor: ${at}; HTTPS_PROXY is set`)
    )
  )
})
