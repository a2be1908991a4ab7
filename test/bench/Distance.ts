/** Emulates the latency of a network on one machine: for each direction, and one round trip to open a connection. */
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"

/** Calls a function at an exact time, as a timer alone is up to two milliseconds late. */
const at = (moment: number, act: () => void): void => {
  const left = moment - performance.now()
  if (left <= 0) act()
  else if (left > 2) setTimeout(at, left - 2, moment, act)
  else setImmediate(at, moment, act)
}

/** Forwards bytes in order, each with this delay in milliseconds, and none before the connection would be open. */
const carry = (from: Socket, to: Socket, milliseconds: number, opens: number): void => {
  const underway: Array<() => void> = []
  const later = (act: () => void) => {
    underway.push(act)
    at(Math.max(opens, performance.now()) + milliseconds, () => underway.shift()?.())
  }
  from.on("data", (bytes) => later(() => to.write(bytes)))
  from.once("end", () => later(() => to.end()))
  from.once("error", () => to.destroy())
}

/** Adds a delay each way before a local port, and returns the port to connect to. */
export const before = async (port: number, milliseconds: number): Promise<number> => {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true })
    // Adds the round trip of the handshake, as the local one takes no time.
    carry(near, far, milliseconds, performance.now() + 2 * milliseconds)
    carry(far, near, milliseconds, 0)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}
