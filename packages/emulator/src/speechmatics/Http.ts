/**
 * The vendor's two shapes of an error body. Validation, routing and the security layer speak the web framework's,
 * `{ code, message }`, where a code from 600 is a validation failure under status 422; everything else speaks the
 * documented `{ code, error, detail? }`.
 *
 * The framework's texts: https://github.com/go-openapi/errors (read 2026-11-21), which the vendor evidently runs on.
 * The documented shape: https://docs.speechmatics.com/api-ref (read 2026-11-21).
 */

/** Answers in the framework's shape. */
export const framework = (code: number, message: string, headers: Readonly<Record<string, string>> = {}): Response =>
  Response.json({ code, message }, { status: code < 600 ? code : 422, headers })

/** Answers in the documented shape. */
export const failure = (code: number, error: string, detail?: string): Response =>
  Response.json({ code, error, detail }, { status: code })

/** Refuses a credential that a product does not accept. */
export const permissionDenied = (): Response => failure(401, "Permission Denied")

/** The credential in the `Authorization` header. */
export const bearer = (request: Request): string | undefined =>
  /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1]
