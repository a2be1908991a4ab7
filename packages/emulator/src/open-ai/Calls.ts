/**
 * `POST /v1/realtime/calls`: exchanges a WebRTC offer for an answer. There is no media behind the answer.
 *
 * The offer is the body, as from a browser with a client secret, or the field `sdp` of a form, with an optional
 * `session`: https://developers.openai.com/api/docs/guides/realtime-webrtc and
 * https://developers.openai.com/api/reference/resources/realtime/subresources/calls (read 2026-11-21). A body without
 * an offer is refused in the vendor's shape; the text is not published.
 */
import type { Call } from "../Emulator.ts"
import { parse } from "../Json.ts"
import * as Failures from "./Failures.ts"
import type { Failure } from "./Failures.ts"
import { bearer, type Secrets } from "./Secrets.ts"
import * as Sessions from "./Sessions.ts"

/** Opens a call, or refuses. */
export const open = async (secrets: Secrets, call: Call): Promise<Response> => {
  const caller = secrets.verify(bearer(call))
  if (Failures.isFailure(caller)) return Failures.refuse(caller)
  const offer = await readOffer(call)
  if (typeof offer !== "string") return Failures.refuse(offer)
  secrets.opened(caller)
  const location = `/v1/realtime/calls/${Failures.identifier("rtc")}`
  const headers = { "content-type": "application/sdp", location, "x-request-id": Failures.requestId() }
  return new Response(answerTo(offer), { status: 201, headers })
}

const readOffer = async ({ body, request, text }: Call): Promise<string | Failure> => {
  const type = request.headers.get("content-type") ?? ""
  if (!/^multipart\/form-data\b/i.test(type)) return offerIn(text)
  try {
    const form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData()
    const session = await textOf(form.get("session"))
    const config = session === undefined ? undefined : Sessions.read(parse(session), "realtime")
    if (config !== undefined && Failures.isFailure(config)) return config
    return offerIn(await textOf(form.get("sdp")))
  } catch {
    return Failures.missingParameter("sdp")
  }
}

const textOf = async (entry: string | File | null): Promise<string | undefined> =>
  entry === null ? undefined : typeof entry === "string" ? entry : entry.text()

const offerIn = (text: string | undefined): string | Failure =>
  text?.startsWith("v=0") === true ? text : Failures.missingParameter("sdp")

// Accepts each media line of the offer, with the placeholder port 9.
const answerTo = (offer: string): string => {
  const media = offer.split(/\r?\n/).filter((line) => line.startsWith("m="))
  const fingerprint = Array.from({ length: 32 }, () => "00").join(":")
  return [
    "v=0",
    "o=- 0 1 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    `a=group:BUNDLE ${media.map((_, index) => index).join(" ")}`,
    ...media.flatMap((line, index) => [
      line.replace(/^(m=\w+) \d+/, "$1 9"),
      "c=IN IP4 0.0.0.0",
      `a=mid:${index}`,
      "a=ice-ufrag:emulated",
      "a=ice-pwd:emulated-emulated-emulated",
      `a=fingerprint:sha-256 ${fingerprint}`,
      "a=setup:active",
      "a=rtcp-mux"
    ]),
    ""
  ].join("\r\n")
}
