/** Requests to a token endpoint, and its problem responses. */
import * as TokenEndpoint from "@tempcred/core/TokenEndpoint"
import * as Errors from "@tempcred/core/TempCredentialError"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const issuesOf = (request: unknown) => {
  const decoded = TokenEndpoint.decode(request)
  return Result.isFailure(decoded) ? decoded.failure.issues : assert.fail("the request was accepted")
}

describe("a request", () => {
  it("with all fields or only the required one is accepted", () => {
    const whole: TokenEndpoint.Request = {
      purpose: "agent",
      ttlSeconds: 60,
      singleUse: true,
      maxSessionSeconds: 600,
      region: "eu",
      minRemainingSeconds: 20,
      refused: "66d3c74322a09f1c"
    }
    for (const request of [whole, { purpose: "agent" } as const]) {
      assert.deepStrictEqual(TokenEndpoint.decode(request), Result.succeed(request))
    }
  })

  const wrong: ReadonlyArray<readonly [request: unknown, fields: ReadonlyArray<string>, message: RegExp]> = [
    [{}, ["purpose"], /must be one of stt\.realtime, /],
    [{ purpose: "dance" }, ["purpose"], /must be one of/],
    [{ purpose: "agent", ttlSeconds: 0 }, ["ttlSeconds"], /whole number of seconds, 1 or more/],
    [{ purpose: "agent", ttlSeconds: 1.5 }, ["ttlSeconds"], /whole number/],
    [{ purpose: "agent", ttlSeconds: "60" }, ["ttlSeconds"], /whole number/],
    [{ purpose: "agent", maxSessionSeconds: -1 }, ["maxSessionSeconds"], /whole number/],
    [{ purpose: "agent", singleUse: "preferred" }, ["singleUse"], /true or false/],
    [{ purpose: "agent", region: "" }, ["region"], /non-empty/],
    [{ purpose: "agent", region: "eu\ud800" }, ["region"], /well-formed Unicode/],
    [{ purpose: "agent", minRemainingSeconds: 0 }, ["minRemainingSeconds"], /whole number of seconds, 1 or more/],
    [{ purpose: "agent", minRemainingSeconds: Infinity }, ["minRemainingSeconds"], /whole number/],
    [{ purpose: "agent", ttlSeconds: Infinity }, ["ttlSeconds"], /whole number/],
    [{ purpose: "agent", refused: "66D3C74322A09F1C" }, ["refused"], /16 lowercase hexadecimal digits/],
    [{ purpose: "agent", refused: "66d3c74322a09f1c0" }, ["refused"], /fingerprint of a credential/],
    [{ purpose: "agent", refused: "" }, ["refused"], /fingerprint of a credential/],
    [{ purpose: "agent", subject: "somebody else" }, ["subject"], /is not a field of a request/],
    [{ purpose: "x", ttlSeconds: null }, ["purpose", "ttlSeconds"], /must be/],
    [null, ["request"], /must be a JSON object; its fields are purpose/],
    [[], ["request"], /must be a JSON object/],
    ["stt.realtime", ["request"], /must be a JSON object/]
  ]
  it.each(wrong)("%j is rejected", (request, fields, message) => {
    const issues = issuesOf(request)
    assert.deepStrictEqual(
      issues.map((issue) => issue.field),
      fields
    )
    for (const issue of issues) assert.match(issue.message, message)
  })

  it("with very many unknown fields gets a short list of issues", () => {
    const names = Array.from({ length: 1600 }, (_, index) => `f${index}`)
    for (const fields of [names, names.map((name) => name.padEnd(5000, "x"))]) {
      const request = Object.fromEntries(fields.map((name) => [name, 1]))
      assert.isBelow(JSON.stringify(issuesOf({ ...request, purpose: "agent" })).length, 2500)
    }
  })
})

describe("the problem response", () => {
  const told = {
    status: 418,
    code: "vendor_code",
    requestId: "r-1",
    detail: "the vendor's words",
    retryAfter: Duration.millis(1001)
  }
  const own = [{ field: "ttl", message: "must be whole seconds" }]
  const reasons: ReadonlyArray<readonly [reason: Errors.Reason, status: number, more: object]> = [
    [new Errors.InvalidRequestError({ issues: own }), 400, { issues: [{ ...own[0], field: "ttlSeconds" }] }],
    [new Errors.InvalidRequestError({ issues: [{ field: "subject", message: "too long" }] }), 502, {}],
    [new Errors.InvalidRequestError({ ...told, issues: own }), 502, {}],
    [new Errors.UnsupportedError({ feature: "singleUse" }), 422, { feature: "singleUse" }],
    [new Errors.AuthenticationError({ ...told, status: 401 }), 502, {}],
    [new Errors.PermissionError({ ...told, status: 403 }), 502, {}],
    [new Errors.QuotaError(told), 503, {}],
    [new Errors.RateLimitError({ ...told, status: 429 }), 503, {}],
    [new Errors.UnavailableError(told), 503, {}],
    [new Errors.TransportError({ timedOut: false }), 502, {}],
    [new Errors.TransportError({ timedOut: true }), 504, {}],
    [new Errors.InvalidResponseError(told), 502, {}]
  ]
  it.each(reasons)("has the error's status, without the vendor's message: %o", (reason, status, more) => {
    const problem = TokenEndpoint.problem(new Errors.TempCredentialError({ provider: "acme", reason }))
    const { detail, title, ...rest } = problem
    assert.isAbove(Math.min(detail.length, title.length), 5)
    assert.deepStrictEqual(rest, {
      type: "about:blank",
      status,
      reason: reason._tag,
      provider: "acme",
      ...(reason.requestId === undefined ? {} : { requestId: "r-1" }),
      ...(reason.retryAfter === undefined ? {} : { retryAfter: 2 }),
      ...more
    })
    assert.isTrue(Schema.is(TokenEndpoint.Problem)(problem))
    assert.notMatch(JSON.stringify(problem), /vendor's words|vendor_code|418/)
  })

  it("has a retryAfter of 1 second to 1 hour", () => {
    const waits = [
      [Duration.zero, 1],
      [Duration.hours(1), 3600],
      [Duration.days(400), 3600],
      [Duration.infinity, 3600]
    ] as const
    for (const [retryAfter, seconds] of waits) {
      const reason = new Errors.RateLimitError({ retryAfter })
      const problem = TokenEndpoint.problem(new Errors.TempCredentialError({ provider: "acme", reason }))
      assert.strictEqual(problem.retryAfter, seconds)
    }
  })

  it("lists at most 8 issues", () => {
    const issues = Array.from({ length: 1000 }, () => ({ field: "ttl", message: "must be another one" }))
    const reason = new Errors.InvalidRequestError({ issues })
    const problem = TokenEndpoint.problem(new Errors.TempCredentialError({ provider: "acme", reason }))
    assert.lengthOf(problem.issues ?? [], 8)
  })
})
