/**
 * The vendor's two shapes of an error body. Validation, routing and security use that of the web framework, `{ code,
 * message }`; a code from 600 on is a validation failure with status 422. The rest uses the documented `{ code, error,
 * detail? }`.
 *
 * The framework's texts: https://github.com/go-openapi/errors (read 2026-11-21), which the vendor evidently uses. The
 * documented shape: https://docs.speechmatics.com/api-ref (read 2026-11-21).
 */

/** Makes a response in the framework's shape. */
export const framework = (code: number, message: string, headers: Readonly<Record<string, string>> = {}): Response =>
  Response.json({ code, message }, { status: code < 600 ? code : 422, headers })

/** Makes a response in the documented shape. */
export const failure = (code: number, error: string, detail?: string): Response =>
  Response.json({ code, error, detail }, { status: code })

/** Refuses a credential. */
export const permissionDenied = (): Response => failure(401, "Permission Denied")

/** Returns the credential in the `Authorization` header, if any. */
export const bearer = (request: Request): string | undefined =>
  /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1]
