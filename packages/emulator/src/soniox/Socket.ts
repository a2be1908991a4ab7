/**
 * A WebSocket of either product. Every upgrade is accepted, and then the key is checked. An error is a frame and a
 * normal close.
 */
import type { Call, Clock, Peer, Session } from "../Emulator.ts"
import { type Account, begin, type Connection } from "./Account.ts"
import { type Failure, isFailure, keyFailures, tooManyConnections } from "./Failures.ts"
import * as Handshake from "./Handshake.ts"
import type { Grant } from "./Keys.ts"
import type { Product, Stream } from "./Usage.ts"

/** One WebSocket, as its product uses it. */
export interface Socket extends Connection {
  /** Checks the key of the connection, or that of a message. */
  readonly admit: (messageKey?: string) => Grant | Failure
  readonly begin: (grant: Grant, model: string, clientReferenceId: string | undefined) => Stream | Failure
  readonly send: (frame: object) => void
  readonly close: (code: number) => void
  /** Sets or replaces a named alarm of this connection. */
  readonly alarm: (name: string, milliseconds: number, run: () => void) => void
}

/** The handlers of a product. */
export interface Handlers {
  /** Handles an upgrade with a key, which can wait before its first stream. */
  readonly opened: () => void
  readonly message: (data: string | Uint8Array) => void
  /** Handles the end of the connection, by either side. */
  readonly ended: () => void
  /** Makes the frame of a failure of the whole connection. */
  readonly errorFrame: (failure: Failure, streamId?: string) => object
}

/** Makes the session of one upgrade. */
export const session = (
  account: Account,
  call: Call,
  product: Product,
  handlersOf: (socket: Socket) => Handlers
): Session => {
  const { clock, keyCheckDelay, messageAuthGrace, messageAuthUntil } = account.settings
  const handshake = Handshake.read(call.request.headers)
  const keyCheck = checker(account, handshake, product, call.region)
  const alarms = alarmsOf(clock)
  const openedAt = clock.now()
  let peer: Peer | undefined
  let admitted = false

  const end = () => {
    if (!account.connections.delete(socket)) return
    alarms.clear()
    handlers.ended()
  }
  const socket: Socket = {
    product,
    region: call.region,
    get admitted() {
      return admitted
    },
    admit: (messageKey) => {
      const grant = keyCheck(messageKey)
      if (admitted || isFailure(grant)) return grant
      admitted = true
      if (connectionsLike(account, socket) > account.settings.connections) return tooManyConnections(product.inWords)
      alarms.clear("key")
      const longest = grant.temporary?.maxSessionMilliseconds
      if (longest !== undefined) {
        alarms.set("session", openedAt + longest - clock.now(), () => socket.fail(keyFailures.sessionExpired))
      }
      return grant
    },
    begin: (grant, model, clientReferenceId) =>
      begin(account, grant, { product, region: call.region, model, clientReferenceId }),
    send: (frame) => peer?.send(JSON.stringify(frame)),
    fail: (failure, streamId) => {
      socket.send(handlers.errorFrame(failure, streamId))
      socket.close(1000)
    },
    close: (code) => {
      if (!account.connections.has(socket)) return
      end()
      peer?.close(code)
    },
    alarm: (name, milliseconds, run) => {
      if (account.connections.has(socket)) alarms.set(name, milliseconds, run)
    }
  }
  const handlers = handlersOf(socket)

  return {
    ...(handshake.protocol === undefined ? {} : { protocol: handshake.protocol }),
    open: (opened) => {
      peer = opened
      account.connections.add(socket)
      const waits = handshake.key === undefined && handshake.failure === undefined && clock.now() < messageAuthUntil
      alarms.set("key", waits ? messageAuthGrace : keyCheckDelay, () => {
        const grant = waits ? startTimeout : socket.admit()
        if (isFailure(grant)) socket.fail(grant)
      })
      if (handshake.key !== undefined) handlers.opened()
    },
    message: (data) => {
      if (account.connections.has(socket)) handlers.message(data)
    },
    closed: end
  }
}

// From documents before 2026-10; the vendor's time limit is not published.
const startTimeout: Failure = { status: 408, type: "request_timeout", message: "Start request timeout." }

const connectionsLike = (account: Account, socket: Connection): number =>
  [...account.connections].filter(
    (other) => other.admitted && other.product === socket.product && other.region === socket.region
  ).length

const checker = (account: Account, handshake: Handshake.Handshake, product: Product, region: string) => {
  let granted: Grant | undefined
  return (messageKey: string | undefined): Grant | Failure => {
    if (handshake.failure !== undefined) return handshake.failure
    if (handshake.key !== undefined && (messageKey ?? handshake.key) !== handshake.key) return keyFailures.otherKey
    // The key of a connection is checked once; the key of a message is checked with each message.
    if (handshake.key !== undefined && granted !== undefined) return granted
    const byMessage = account.settings.clock.now() < account.settings.messageAuthUntil
    const key = handshake.key ?? (byMessage ? messageKey : undefined)
    if (key === undefined) return byMessage ? keyFailures.missing : keyFailures.missingFromConnection
    const result = account.keys.verify(key, region, product.usageType)
    if (!isFailure(result)) granted = result
    return result
  }
}

const alarmsOf = (clock: Clock) => {
  const cancels = new Map<string, () => void>()
  const clear = (name?: string) => {
    for (const [key, cancel] of cancels) if (name === undefined || key === name) cancel()
  }
  return {
    clear,
    set: (name: string, milliseconds: number, run: () => void) => {
      clear(name)
      cancels.set(name, clock.after(Math.max(0, milliseconds), run))
    }
  }
}
