/** A queue in which those who wait take turns by lane: a lane with a thousand waiting is served no more often than one with a single one. */

/** A queue of lanes; the lane whose turn it is comes first, and a lane that is empty is forgotten. */
export interface FairQueue<A> {
  /** Puts one at the end of its lane, or with `ahead` at its beginning. */
  readonly add: (lane: string, one: A, ahead: boolean) => void
  /** Takes the first of the lane whose turn it is, and sends that lane to the end. */
  readonly take: () => A | undefined
  /** Removes one, wherever it waits. */
  readonly remove: (lane: string, one: A) => void
  /** How many are served before one that is added to the end of this lane now. */
  readonly before: (lane: string) => number
  /** All that wait, by lane. */
  readonly all: () => ReadonlyArray<A>
}

/** Makes an empty queue. */
export const make = <A>(): FairQueue<A> => {
  const lanes = new Map<string, Array<A>>()
  return {
    add: (name, one, ahead) => {
      const lane = lanes.get(name)
      if (lane === undefined) lanes.set(name, [one])
      else if (ahead) lane.unshift(one)
      else lane.push(one)
    },
    take: () => {
      for (const [name, lane] of lanes) {
        const one = lane.shift()
        lanes.delete(name)
        if (lane.length > 0) lanes.set(name, lane)
        return one
      }
    },
    remove: (name, one) => {
      const rest = (lanes.get(name) ?? []).filter((other) => other !== one)
      if (rest.length > 0) lanes.set(name, rest)
      else lanes.delete(name)
    },
    before: (name) => {
      const own = lanes.get(name)?.length ?? 0
      let others = 0
      for (const [other, lane] of lanes) {
        if (other !== name) others += Math.min(lane.length, own + 1)
      }
      return own + others
    },
    all: () => [...lanes.values()].flat()
  }
}
