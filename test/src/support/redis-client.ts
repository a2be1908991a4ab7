/** A plain client of a Redis, with which tests look at what it holds. */
import { createClient } from "@redis/client"

/** A key of Redis, with its text or the members of its set. */
export interface Entry {
  readonly key: string
  readonly value: string
  /** -2 where it has expired meanwhile. */
  readonly secondsLeft: number
}

const connect = (url: string) => createClient({ url }).connect()

/** Sends one command. */
export const send = async (url: string, ...args: ReadonlyArray<string>): Promise<unknown> => {
  const client = await connect(url)
  try {
    return await client.sendCommand([...args])
  } finally {
    client.destroy()
  }
}

/** Lists all that Redis holds. */
export const dump = async (url: string): Promise<ReadonlyArray<Entry>> => {
  const client = await connect(url)
  const entries: Array<Entry> = []
  try {
    for await (const keys of client.scanIterator()) {
      for (const key of keys) {
        const isSet = (await client.type(key)) === "zset"
        const value = isSet ? await client.zRange(key, 0, -1) : await client.get(key)
        entries.push({ key, value: String(value), secondsLeft: await client.ttl(key) })
      }
    }
    return entries
  } finally {
    client.destroy()
  }
}
