/**
 * OpenAI's errors: one object, in the body of a response or in an event before the close of a WebSocket.
 *
 * Codes and their statuses: https://developers.openai.com/api/docs/guides/error-codes. On a WebSocket, a refused key is
 * an event after the upgrade and close 3000 with `<type>.<code>`; a refused shape or model has close 4000:
 * https://github.com/twilio-samples/speech-assistant-openai-realtime-api-python/issues/4 and other clients' logs (all
 * read 2026-11-21). The texts about parameters are those of the vendor's other endpoints.
 */

/** A refusal by OpenAI. */
export interface Failure {
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly message: string
  readonly param?: string
}

const invalid = (code: string | null, message: string, param?: string): Failure => ({
  status: 400,
  type: "invalid_request_error",
  code,
  message,
  ...(param === undefined ? {} : { param })
})

/** Failures that only a fault produces. */
export const failures = {
  unsupported_region: {
    status: 403,
    type: "request_forbidden",
    code: "unsupported_country_region_territory",
    message: "Country, region, or territory not supported"
  },
  insufficient_quota: {
    status: 429,
    type: "insufficient_quota",
    code: "insufficient_quota",
    message:
      "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
  },
  rate_limit_exceeded: {
    status: 429,
    type: "requests",
    code: "rate_limit_exceeded",
    message: "Rate limit reached for requests"
  },
  server_error: {
    status: 500,
    type: "server_error",
    code: null,
    message: "The server had an error while processing your request"
  },
  overloaded: {
    status: 503,
    type: "server_error",
    code: null,
    message: "The engine is currently overloaded, please try again later"
  }
} satisfies Record<string, Failure>

/** The name of a failure, for tests. */
export type DocumentedFailure = keyof typeof failures

/** Refusals of a session. */
export const sessionFailures = {
  missingModel: invalid(
    "missing_model",
    "You must provide a model parameter, for example wss://api.openai.com/v1/realtime?model=gpt-realtime"
  ),
  betaShape: invalid(
    "beta_api_shape_disabled",
    "The beta API shape is no longer supported. Remove the OpenAI-Beta header and use the GA event shapes."
  ),
  twoKeys: invalid(null, "You must only send one of protocol api key and Authorization header"),
  expired: invalid("session_expired", "Your session hit the maximum duration of 60 minutes."),
  notJson: invalid("invalid_json", "Invalid event: failed to parse JSON value."),
  binary: invalid("invalid_event", "Expected a text WebSocket message; binary frames are not supported.")
} satisfies Record<string, Failure>

/** The refusal of a body that is not a JSON object. */
export const notJson = invalid(
  null,
  "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
)

/** Refuses a credential, and repeats its first and last characters as the vendor does. */
export const wrongKey = (key: string): Failure => ({
  ...invalid(
    "invalid_api_key",
    `Incorrect API key provided: ${key.slice(0, 8)}${"*".repeat(Math.max(0, key.length - 12))}${key.slice(12).slice(-4)}. You can find your API key at https://platform.openai.com/account/api-keys.`
  ),
  status: 401
})

/** The refusal of a request without a credential. */
export const missingKey: Failure = {
  ...invalid(
    "invalid_api_key",
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from your browser and are prompted for a username and password. You can obtain an API key from https://platform.openai.com/account/api-keys."
  ),
  status: 401
}

/** Refuses a model without realtime support. */
export const invalidModel = (model: string): Failure =>
  invalid(
    "invalid_model",
    `Model "${model}" is not supported in realtime mode. Supported models are listed at https://platform.openai.com/docs/models.`
  )

/** Refuses an unknown parameter. */
export const unknownParameter = (param: string): Failure =>
  invalid("unknown_parameter", `Unknown parameter: '${param}'.`, param)

/** Refuses a body without a required parameter. */
export const missingParameter = (param: string): Failure =>
  invalid("missing_required_parameter", `Missing required parameter: '${param}'.`, param)

/** Refuses a parameter of the wrong type. */
export const wrongType = (param: string, expected: string): Failure =>
  invalid("invalid_type", `Invalid type for '${param}': expected ${expected}.`, param)

/** Refuses a value outside a list. */
export const invalidValue = (param: string, value: unknown, supported: ReadonlyArray<string>): Failure => {
  const listed = supported.map((name) => `'${name}'`).join(", ")
  return invalid("invalid_value", `Invalid value: '${String(value)}'. Supported values are: ${listed}.`, param)
}

/** Refuses a number outside its range. */
export const outOfRange = (param: string, value: number, minimum: number, maximum: number): Failure => {
  const [where, sign, limit] = value < minimum ? ["below min", ">=", minimum] : ["above max", "<=", maximum]
  const code = `integer_${where.replace(" ", "_")}_value`
  const message = `Invalid '${param}': integer ${where}imum value. Expected a value ${sign} ${limit}, but got ${value} instead.`
  return invalid(code, message, param)
}

/** Tells whether a value is a failure. */
export const isFailure = (value: object): value is Failure => "message" in value && "status" in value

/** Makes the body of a failure. */
export const bodyOf = ({ code, message, param, type }: Failure): object => ({
  error: { message, type, param: param ?? null, code }
})

/** Refuses a request. */
export const refuse = (failure: Failure): Response =>
  Response.json(bodyOf(failure), { status: failure.status, headers: { "x-request-id": requestId() } })

/** Makes the event of a failure on a WebSocket. */
export const eventOf = ({ code, message, param, type }: Failure, clientEventId?: string): object => ({
  type: "error",
  event_id: identifier("event"),
  error: { type, code, message, param: param ?? null, event_id: clientEventId ?? null }
})

/** Returns the close reason of a failure. */
export const reasonOf = ({ code, type }: Failure): string => (code === null ? type : `${type}.${code}`)

/** Makes an id of the vendor's form, such as `sess_…`. */
export const identifier = (kind: string): string => `${kind}_${crypto.randomUUID().replaceAll("-", "").slice(0, 21)}`

/** Makes a value for `x-request-id`. */
export const requestId = (): string => `req_${crypto.randomUUID().replaceAll("-", "")}`
