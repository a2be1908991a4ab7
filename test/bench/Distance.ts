/** What a network between two hosts costs, for hosts that are one: each direction takes its time, and a connection takes a round trip to open. */
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"

/** Exact, as a timer alone is up to two milliseconds late, which would be each client's. */
const at = (moment: number, act: () => void): void => {
  const left = moment - performance.now()
  if (left <= 0) act()
  else if (left > 2) setTimeout(at, left - 2, moment, act)
  else setImmediate(at, moment, act)
}

/** Hands on what arrives, in its order, each piece so many milliseconds after it came, and none before the connection would be open. */
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

/** Puts so many milliseconds each way before a port of this machine, and gives the port to connect to. */
export const before = async (port: number, milliseconds: number): Promise<number> => {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true })
    // This machine's own handshake takes no time, so that its round trip is waited for here.
    carry(near, far, milliseconds, performance.now() + 2 * milliseconds)
    carry(far, near, milliseconds, 0)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}
