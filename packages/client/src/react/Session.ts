/** The connection of a component, apart from React: at most one at a time. */
import { ConnectionError } from "../ConnectionError.ts"
import type { Request } from "../Credential.ts"
import { SourceError } from "../SourceError.ts"
import type { ConnectionState, Credentials, UseConnectionOptions } from "./Types.ts"

/** The arguments of the hook in the last render. */
export interface Inputs {
  readonly credentials: Credentials
  readonly request: Request
  readonly options: UseConnectionOptions
  /** The compared part of request and options. */
  readonly key: string
}

/** A state, and the arguments that it belongs to. */
export interface Shown extends Pick<Inputs, "credentials" | "key"> {
  readonly state: ConnectionState
}

/** The state without a connection. */
export const idle: ConnectionState = { status: "idle" }

/** The state of a pending connection. */
export const connecting: ConnectionState = { status: "connecting" }

/** The connection of one component. */
export interface Session {
  /** Connects, unless a connection is pending or open. */
  readonly start: () => void
  /** Closes the connection, and shows the idle state. */
  readonly stop: () => void
  /** Tells whether a connection is pending or open. */
  readonly isActive: () => boolean
}

/** Makes a session. It reads its arguments when it starts, and its callbacks when they are called. */
export const makeSession = (inputs: () => Inputs, show: (shown: Shown) => void): Session => {
  let current: AbortController | undefined

  const stop = (): void => {
    const { credentials, key } = inputs()
    const stopping = current
    current = undefined
    stopping?.abort()
    show({ credentials, key, state: idle })
  }

  const start = (): void => {
    if (current) return
    const { credentials, key, options, request } = inputs()
    const { first, query, timeoutSeconds } = options
    const own = new AbortController()
    current = own
    const isCurrent = () => current === own
    const report = (state: ConnectionState) => void (isCurrent() && show({ credentials, key, state }))
    const end = (state: ConnectionState) => {
      report(state)
      if (isCurrent()) current = undefined
    }
    const opened = (socket: WebSocket) => {
      if (!isCurrent()) return socket.close()
      own.signal.addEventListener("abort", () => socket.close())
      socket.addEventListener("close", ({ code, reason }) => end({ status: "closed", code, reason }))
      socket.addEventListener("message", (message) => {
        if (isCurrent()) inputs().options.onMessage?.(message)
      })
      report({ status: "open", socket })
      inputs().options.onOpen?.(socket)
    }
    report(connecting)
    credentials
      .open(request, { first, query, timeoutSeconds, signal: own.signal })
      .then(opened, (error: unknown) => end(failed(error)))
  }

  return { start, stop, isActive: () => current !== undefined }
}

const failed = (cause: unknown): ConnectionState => ({
  status: "failed",
  error: cause instanceof Error ? cause : new Error("no connection", { cause }),
  failure: cause instanceof SourceError || cause instanceof ConnectionError ? cause.failure : undefined
})
