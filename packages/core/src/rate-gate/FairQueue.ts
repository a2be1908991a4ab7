/**
 * A fair queue: lanes take turns (round-robin), and each lane is first in, first out. A lane with many
 * waiting items gets no more turns than a lane with one item.
 */

/** A queue of lanes. */
export interface FairQueue<A> {
  /** Adds an item to the end of its lane, or to the start of the lane with `ahead`. */
  readonly add: (lane: string, one: A, ahead: boolean) => void
  /** Removes and returns the first item of the next lane. */
  readonly take: () => A | undefined
  /** Removes an item. */
  readonly remove: (lane: string, one: A) => void
  /** Counts the items that would be served before a new item of this lane. */
  readonly before: (lane: string) => number
  /** Lists all items, by lane. */
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
