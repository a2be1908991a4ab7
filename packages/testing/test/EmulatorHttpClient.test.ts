/** The emulators as an `HttpClient`: which one answers, and what their faults look like to a program. */
import { assert, describe, it } from "@effect/vitest"
import type { Fault } from "@tempcred/emulator/Faults"
import * as Soniox from "@tempcred/emulator/Soniox"
import * as Speechmatics from "@tempcred/emulator/Speechmatics"
import * as EmulatorHttpClient from "@tempcred/testing/EmulatorHttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Stream from "effect/Stream"

const url = "https://api.soniox.com/v1/auth/temporary-api-key"

const faulty = (fault: Fault) => {
  const emulator = Soniox.make()
  emulator.faults.add(Soniox.mintRoute, fault)
  return Effect.provide(HttpClient.post(url), EmulatorHttpClient.layer(emulator))
}

describe("a request", () => {
  const soniox = Soniox.make()
  const speechmatics = Speechmatics.make()
  const layer = EmulatorHttpClient.layer(soniox, speechmatics)

  it.effect.each([
    ["https://mp.speechmatics.com/v1/api_keys", speechmatics],
    ["https://api.eu.soniox.com/v1/auth/temporary-api-key", soniox],
    ["http://127.0.0.1:9/v1/auth/temporary-api-key", soniox]
  ] as const)("goes to the vendor whose host it names, else to the first: %s", ([address, emulator]) =>
    Effect.gen(function* () {
      const before = emulator.log.length
      yield* HttpClient.post(address)
      assert.deepStrictEqual(
        emulator.log.slice(before).map((entry) => entry.url),
        [address]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect.each([
    ["text", HttpClientRequest.bodyText('{"ttl":60}')],
    ["JSON", HttpClientRequest.bodyJsonUnsafe({ ttl: 60 })],
    ["a stream", HttpClientRequest.bodyStream(Stream.encodeText(Stream.make('{"ttl"', ":60}")))]
  ] as const)("arrives with its query and its body: %s", ([, body]) =>
    Effect.gen(function* () {
      const request = HttpClientRequest.post("https://mp.speechmatics.com/v1/api_keys?type=rt")
      const response = yield* request.pipe(
        HttpClientRequest.bearerToken(speechmatics.apiKey),
        body,
        HttpClientRequest.setHeader("content-type", "application/json"),
        HttpClient.execute
      )
      assert.strictEqual(response.status, 201)
      assert.deepInclude(speechmatics.log.at(-1), { url: request.url, body: '{"ttl":60}' })
    }).pipe(Effect.provide(layer))
  )
})

describe("a fault", () => {
  it.effect("that resets is a TransportError", () =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(faulty({ reset: true }))
      assert.strictEqual(reason._tag, "TransportError")
    })
  )

  it.effect("that cuts the answer off shows when the body is read", () =>
    Effect.gen(function* () {
      const response = yield* faulty({ cut: 5 })
      assert.strictEqual(response.status, 401)
      assert.strictEqual((yield* Effect.flip(response.text))._tag, "HttpClientError")
    })
  )

  it.live("that delays does so", () =>
    Effect.gen(function* () {
      const [time, response] = yield* Effect.timed(faulty({ delay: 30 }))
      assert.strictEqual(response.status, 401)
      assert.isAtLeast(Duration.toMillis(time), 25)
    })
  )

  it.live("that drips sends a byte at a time, and stops when the client leaves", () =>
    Effect.gen(function* () {
      const response = yield* faulty({ drip: 2 })
      const drops = yield* Stream.runCollect(Stream.take(response.stream, 3))
      assert.deepStrictEqual(
        drops.map((drop) => drop.length),
        [1, 1, 1]
      )
    })
  )

  it.live("that hangs ends with the program's time-out", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.timeout(faulty({ hang: true }), "10 millis"))
      assert.strictEqual(error._tag, "TimeoutError")
    })
  )

  it.effect("that redirects is not followed", () =>
    Effect.gen(function* () {
      const { headers, status } = yield* faulty({ redirect: "https://elsewhere.example/" })
      assert.strictEqual(status, 307)
      assert.strictEqual(headers["location"], "https://elsewhere.example/")
    })
  )
})
