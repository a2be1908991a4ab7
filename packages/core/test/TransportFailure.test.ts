/** Error messages for transport failures of different platforms. */
import { Transport } from "@tempcred/core/Transport"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const key = "acme/long+lived=key"

/** Sends a request through a platform that fails with this cause. */
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

describe("the error of a transport failure", () => {
  for (const [name, cause, expected] of [
    ["on Node", new TypeError("fetch failed", { cause: { code: "ENOTFOUND", message: "getaddrinfo" } }), at],
    [
      "with an invalid certificate",
      new TypeError("fetch failed", { cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } }),
      "api.acme.example:443 has a certificate that is not trusted"
    ],
    [
      "in undici with an unspecific code",
      Object.assign(new Error("Proxy response (407) !== 200"), { code: "UND_ERR_ABORTED" }),
      `${at}: Proxy response (407) !== 200`
    ],
    [
      "on Deno, with the whole URL in the message",
      new TypeError("fetch failed", {
        cause: new Error("error sending request for url (https://user:pass@api.acme.example/v1?jwt=secret): timed out")
      }),
      `${at}: error sending request for url (https://api.acme.example): timed out`
    ],
    [
      "on a platform that rejects an option",
      new TypeError("The 'cache' field on 'RequestInitializerDict' is not implemented."),
      `${at}: The 'cache' field on 'RequestInitializerDict' is not implemented.`
    ],
    [
      "with the authorization header in the message",
      new TypeError(`Headers.append: "Bearer ${key}" is an invalid header value.`),
      `${at}: Headers.append: "Bearer <redacted>" is an invalid header value.`
    ],
    ["without a cause", undefined, at]
  ] as const) {
    it.effect(`${name} contains the host and the cause, and no secret`, () =>
      Effect.map(failing(cause), (error) => assert.include(error, { _tag: "TransportError", detail: expected }))
    )
  }

  it.effect("has the usual code if the platform reports only text", () =>
    Effect.gen(function* () {
      const dns = new Error("error sending request: client error (Connect): dns error: failed to lookup address")
      assert.include(yield* failing(dns), { code: "ENOTFOUND", detail: at })
      const refused = new Error("tcp connect error: Connection refused (os error 111)")
      assert.include(yield* failing(refused), { code: "ECONNREFUSED", detail: at })
    })
  )

  it.effect("ends with the transport's note on the proxy", () =>
    Effect.map(failing(undefined, "HTTPS_PROXY is set"), ({ message }) =>
      assert.strictEqual(message, `no complete response from the vendor: ${at}; HTTPS_PROXY is set`)
    )
  )
})
