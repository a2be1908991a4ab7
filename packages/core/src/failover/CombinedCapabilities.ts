/** The combined capabilities of several providers in failover. */
import type { Capabilities, Capability, Range, SubjectSupport } from "../Capabilities.ts"
import { Purpose } from "../Purpose.ts"

/**
 * Combines capabilities in failover order. A request can use each feature that at least one provider
 * supports, because the others are skipped. The ttl has the first provider's default. A field that one
 * provider requires is required, and the strictest limits of subjects apply.
 */
export const combine = (all: ReadonlyArray<Capabilities>): Capabilities =>
  Object.fromEntries(
    Purpose.literals.flatMap((purpose) => {
      const [first, ...others] = all.flatMap((capabilities) => capabilities[purpose] ?? [])
      return first === undefined ? [] : [[purpose, others.reduce(both, first)] as const]
    })
  )

const both = (one: Capability, other: Capability): Capability => {
  const maxSessionSeconds = either(one.maxSessionSeconds, other.maxSessionSeconds, span)
  const usableForSeconds = either(one.usableForSeconds, other.usableForSeconds, (usual, further) => ({
    ...usual,
    ...span(usual, further)
  }))
  const sessionLocks = either(one.sessionLocks, other.sessionLocks, (some, further) => [
    ...new Set([...some, ...further])
  ])
  return {
    ttlSeconds: { ...span(one.ttlSeconds, other.ttlSeconds), default: one.ttlSeconds.default },
    singleUse: one.singleUse === "always" ? "always" : other.singleUse || one.singleUse,
    ...(maxSessionSeconds === undefined ? {} : { maxSessionSeconds }),
    ...(usableForSeconds === undefined ? {} : { usableForSeconds }),
    ...(sessionLocks === undefined ? {} : { sessionLocks }),
    subject: bothSubjects(one.subject, other.subject),
    regions: [...new Set([...one.regions, ...other.regions])],
    ...(one.regionsNeedKeys === true && other.regionsNeedKeys === true ? { regionsNeedKeys: true } : {}),
    mintingHasSideEffects: one.mintingHasSideEffects || other.mintingHasSideEffects,
    needed: one.needed === "connect" ? other.needed : one.needed
  }
}

const effects = ["ignored", "recorded", "enforced"] as const

const bothSubjects = (one: SubjectSupport, other: SubjectSupport): SubjectSupport => {
  const maxLength = either(one.maxLength, other.maxLength, Math.min)
  return {
    effect: effects.find((effect) => effect === one.effect || effect === other.effect) ?? one.effect,
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(one.printable === true || other.printable === true ? { printable: true } : {}),
    ...(one.requiredForClient === true || other.requiredForClient === true ? { requiredForClient: true } : {})
  }
}

const span = (one: Range, other: Range): Range => ({
  min: Math.min(one.min, other.min),
  max: Math.max(one.max, other.max)
})

const either = <A>(one: A | undefined, other: A | undefined, of: (one: A, other: A) => A): A | undefined =>
  one === undefined || other === undefined ? (one ?? other) : of(one, other)
