/**
 * Metrics of a cache: results of requests and refreshes, remaining lifetime of served credentials,
 * and the number of scopes.
 */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { ClockReading } from "../ClockReading.ts"
import { type Entry, type Held, refusal, remaining } from "./Entry.ts"

const gets = Metric.counter("tempcred_cache_gets_total", {
  description:
    "Gets by how they were answered: hit, stale (renewal has failed), miss (waited), refused (failed before)",
  incremental: true
})

const renewals = Metric.counter("tempcred_cache_renewals_total", {
  description: "Refreshes of valid credentials, by outcome",
  incremental: true
})

const remainingSeconds = Metric.histogram("tempcred_cache_remaining_seconds", {
  description: "Remaining lifetime of credentials served from the cache; one hit in 64 is sampled",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 2, count: 16 })
})

const scopes = Metric.gauge("tempcred_cache_scopes", { description: "Scopes in the cache" })

/** The number of hits per update of the metrics. An update costs half as much as a cache hit. */
const batch = 64

/** Makes the metrics of one cache. */
export const make = (provider: string, now: () => ClockReading, context: Context.Context<never>) => {
  const outcome = (name: string) => Metric.withAttributes(gets, { provider, outcome: name })
  const outcomes = { hit: outcome("hit"), stale: outcome("stale"), miss: outcome("miss"), refused: outcome("refused") }
  const ends = {
    renewed: Metric.withAttributes(renewals, { provider, outcome: "renewed" }),
    failed: Metric.withAttributes(renewals, { provider, outcome: "failed" })
  }
  const left = Metric.withAttributes(remainingSeconds, { provider })
  const held = Metric.withAttributes(scopes, { provider })
  let hits = 0

  const flush = () => {
    if (hits > 0) outcomes.hit.updateUnsafe(hits, context)
    hits = 0
  }
  const hit = (served: Held) => {
    hits += 1
    if (hits < batch) return
    left.updateUnsafe(remaining(served, now()) / 1000, context)
    flush()
  }
  return {
    hit,
    /** Counts a served credential, as stale if its refresh has failed. */
    served: (entry: Entry<unknown>, served: Held) => {
      if (refusal(entry, now()) === undefined) return hit(served)
      outcomes.stale.updateUnsafe(1, context)
      left.updateUnsafe(remaining(served, now()) / 1000, context)
    },
    missed: (isRefused: boolean) => {
      outcomes[isRefused ? "refused" : "miss"].updateUnsafe(1, context)
      flush()
    },
    renewal: (end: keyof typeof ends) => ends[end].updateUnsafe(1, context),
    size: (count: number) => {
      held.updateUnsafe(count, context)
      flush()
    },
    flush
  }
}
