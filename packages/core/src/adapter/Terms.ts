/**
 * What a credential is good for: as it was asked, where a vendor's answer says nothing of it, or as the answer says, held against what was asked.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type { Resolved } from "../Capabilities.ts"
import type { Decoded } from "../MintRequest.ts"
import type { TempCredential } from "../TempCredential.ts"
import { type Feature, InvalidResponseError } from "../TempCredentialError.ts"

/**
 * For whom, for what, for how many connections and where a credential is good.
 *
 * @category models
 * @since 0.1.0
 */
export type Terms = Pick<
  TempCredential,
  "provider" | "purpose" | "uses" | "maxSession" | "subject" | "region" | "relaxed"
>

/**
 * The terms of a request that the vendor serves as it stands.
 *
 * @category constructors
 * @since 0.1.0
 */
export const asAsked = (provider: string, request: Resolved): Terms => ({
  provider,
  purpose: request.purpose,
  uses: request.singleUse ? "once" : "many",
  ...(request.maxSessionSeconds === undefined ? {} : { maxSession: Duration.seconds(request.maxSessionSeconds) }),
  ...(request.subject === undefined ? {} : { subject: request.subject }),
  ...(request.region === undefined ? {} : { region: request.region }),
  relaxed: request.relaxed
})

/**
 * The terms that an answer states. What was asked for, is not met and not listed as relaxed is listed where the request allows that, and is an
 * `InvalidResponseError` where it does not; a purpose and a region are never relaxed.
 *
 * @category constructors
 * @since 0.1.0
 */
export const asStated = (
  stated: Terms,
  asked: Decoded,
  relaxed: ReadonlyArray<Feature>
): Result.Result<Terms, InvalidResponseError> => {
  const unmet = missing(stated, asked).filter((feature) => !stated.relaxed.includes(feature))
  const broken = unmet.find((feature) => !isRelaxed(feature, asked))
  return broken === undefined
    ? Result.succeed({ ...stated, relaxed: [...new Set([...relaxed, ...stated.relaxed, ...unmet])] })
    : Result.fail(new InvalidResponseError({ detail: `the credential is not what was asked for: ${broken}` }))
}

const isRelaxed = (feature: Feature, { onUnsupported, singleUse }: Decoded): boolean => {
  if (feature === "purpose" || feature === "region") return false
  return onUnsupported === "relax" || (feature === "singleUse" && singleUse === "preferred")
}

const missing = (
  stated: Terms,
  { maxSession, purpose, region, singleUse = false }: Decoded
): ReadonlyArray<Feature> => {
  const { maxSession: limit = Duration.infinity } = stated
  const lacking: Array<Feature> = []
  if (stated.purpose !== purpose) lacking.push("purpose")
  if (region !== undefined && stated.region !== region) lacking.push("region")
  if (singleUse !== false && stated.uses !== "once") lacking.push("singleUse")
  if (maxSession !== undefined && Duration.isGreaterThan(limit, maxSession)) lacking.push("maxSession")
  return lacking
}
