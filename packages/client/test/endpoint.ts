/**
 * A token endpoint as the server's documents describe it, for tests: `POST /v1/credentials` for whoever has the bearer, with credentials of a vendor `acme` that
 * has everything. It shares no code with what is tested.
 */
import * as Emulator from "@tempcred/emulator/Emulator"

export const mintRoute = "POST /v1/credentials"

const apiKey = "bearer-of-the-app"
const longest = 86_400
const purposes = ["stt.realtime", "stt.batch", "tts.realtime", "tts.batch", "agent", "realtime"]
const regions = ["eu", "us", "au", "jp", "in"]

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  503: "Service Unavailable"
}

interface More {
  readonly issues?: ReadonlyArray<{ readonly field: string; readonly message: string }>
  readonly retryAfter?: number
  readonly feature?: string
  readonly provider?: string
  readonly requestId?: string
}

/** A problem as the endpoint answers with it; also for scripted faults. */
export const problem = (status: number, reason: string, detail: string, more: More = {}) => ({
  status,
  body: { type: "about:blank", title: titles[status] ?? "Bad Gateway", status, detail, reason, ...more },
  headers: {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    ...(more.retryAfter === undefined ? {} : { "retry-after": String(more.retryAfter) })
  }
})

const refuse = (...[status, reason, detail, more]: Parameters<typeof problem>): Response => {
  const { body, headers } = problem(status, reason, detail, more)
  return Response.json(body, { status, headers })
}

interface Asked {
  readonly [field: string]: unknown
  readonly purpose: string
  readonly ttlSeconds?: number
  readonly singleUse?: boolean
  readonly maxSessionSeconds?: number
  readonly region?: string
  readonly minRemainingSeconds?: number
  readonly refused?: string
}

const isSeconds = (value: unknown) => value === undefined || (Number.isInteger(value) && Number(value) > 0)

const invalid = (asked: Asked): ReadonlyArray<string> => {
  const checks: Readonly<Record<string, boolean>> = {
    purpose: purposes.includes(asked.purpose),
    ttlSeconds: isSeconds(asked.ttlSeconds),
    singleUse: [undefined, true, false].includes(asked.singleUse),
    maxSessionSeconds: isSeconds(asked.maxSessionSeconds),
    region: asked.region === undefined || asked.region !== "",
    minRemainingSeconds: isSeconds(asked.minRemainingSeconds),
    refused: asked.refused === undefined || /^[0-9a-f]{16}$/.test(asked.refused)
  }
  return [...new Set([...Object.keys(checks), ...Object.keys(asked)])].filter((field) => checks[field] !== true)
}

export interface Options extends Emulator.Options {
  /** What its policy makes of credentials that were not asked to be good for one use. @default "many" */
  readonly uses?: "once" | "many"
  /** Changes what it answers with. */
  readonly answer?: (credential: Readonly<Record<string, unknown>>, asked: Asked) => object
}

const parse = (text: string): Asked | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const make = (options: Options = {}): Emulator.Emulator => {
  const { answer = (credential) => credential, clock = Emulator.systemClock, uses = "many" } = options
  const key = options.apiKey ?? apiKey
  let count = 0

  const credential = (asked: Asked) => {
    count += 1
    const now = clock.now()
    return {
      provider: "acme",
      purpose: asked.purpose,
      token: `acme-temp-${count}-${crypto.randomUUID()}`,
      issuedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + (asked.ttlSeconds ?? 60) * 1000).toISOString(),
      expirySource: "vendor",
      uses: asked.singleUse === true ? "once" : uses,
      subject: "user-of-the-bearer",
      ...(asked.maxSessionSeconds === undefined ? {} : { maxSessionSeconds: asked.maxSessionSeconds }),
      ...(asked.region === undefined ? {} : { region: asked.region }),
      relaxed: [],
      connections: [
        {
          kind: "websocket",
          url: "wss://acme.example/listen",
          where: "anywhere",
          placement: { in: "subprotocols", protocols: ["token", "{token}"] }
        }
      ]
    }
  }

  const mint = ({ request, text }: Emulator.Call): Response => {
    if (request.headers.get("authorization") !== `Bearer ${key}`) {
      const refusal = refuse(401, "UnauthenticatedError", "the bearer is not one of this endpoint's users")
      refusal.headers.set("www-authenticate", "Bearer")
      return refusal
    }
    if (!(request.headers.get("content-type") ?? "").startsWith("application/json")) {
      return refuse(415, "InvalidRequestError", "the body must be application/json")
    }
    if (text.length > 16_384) return refuse(413, "InvalidRequestError", "the body is over 16384 bytes")
    const asked = parse(text)
    if (asked === undefined) return refuse(400, "InvalidRequestError", "the body is not JSON")
    const issues = invalid(asked).map((field) => ({ field, message: "is not allowed" }))
    if (issues.length > 0) return refuse(400, "InvalidRequestError", "the request is invalid", { issues })
    if ((asked.ttlSeconds ?? 0) > longest) {
      const message = `must be at most ${longest}`
      return refuse(403, "ForbiddenError", "not allowed", { issues: [{ field: "ttlSeconds", message }] })
    }
    if (asked.region !== undefined && !regions.includes(asked.region)) {
      return refuse(422, "UnsupportedError", "region is not supported as requested", { feature: "region" })
    }
    const headers = { "cache-control": "no-store" }
    return Response.json(answer(credential(asked), asked), { status: 201, headers })
  }

  return Emulator.make(
    {
      vendor: "endpoint",
      apiKey: key,
      region: "us",
      hosts: {},
      env: (origin) => ({ TEMPCRED_ENDPOINT_URL: `${origin}/v1/credentials`, TEMPCRED_ENDPOINT_API_KEY: key }),
      routes: { [mintRoute]: mint },
      sockets: {},
      unknown: (_, allowed) =>
        allowed.length === 0
          ? refuse(404, "InvalidRequestError", "there is nothing here")
          : refuse(405, "InvalidRequestError", "the method is not allowed"),
      minting: [mintRoute],
      tooMany: () => refuse(429, "RateLimitError", "too many requests by this user")
    },
    options
  )
}
