/**
 * A React hook for one connection: `start` and `stop` for a button, and the state in between.
 *
 * ```tsx
 * import { source } from "@tempcred/client"
 * import { useConnection } from "@tempcred/client/react"
 * import { renderToStaticMarkup } from "react-dom/server"
 *
 * const credentials = source({ endpoint: "/v1/credentials" }) // once, outside of the component
 *
 * const Microphone = () => {
 *   const connection = useConnection(
 *     credentials,
 *     { purpose: "stt.realtime" },
 *     { first: { model: "stt-rt-v5", audio_format: "auto" }, prefetch: true }
 *   )
 *   if (connection.status === "connecting" || connection.status === "open")
 *     return <button onClick={connection.stop}>Stop</button>
 *   return <button onClick={connection.start}>Speak</button>
 * }
 * console.log(renderToStaticMarkup(<Microphone />)) // => <button>Speak</button>
 * ```
 *
 * @since 0.1.0
 */

import { useEffect, useMemo, useRef, useState } from "react"
import type { Request } from "./Credential.ts"
import { connecting, idle, type Inputs, makeSession, type Shown } from "./react/Session.ts"
import type { Credentials, UseConnectionOptions, UseConnectionResult } from "./react/Types.ts"

export type { ConnectionState, Credentials, UseConnectionOptions, UseConnectionResult } from "./react/Types.ts"

/**
 * Holds a connection for the lifetime of a component. Make the source once, outside of the component. The other
 * arguments are compared by value, except for functions. If they change, a pending or open connection is closed and
 * made again, and an ended one is idle. When the component unmounts, its connection is closed. StrictMode opens no
 * second socket and takes no second credential. On a server, it renders the first state and does nothing else.
 *
 * @category hooks
 * @since 0.1.0
 */
export const useConnection = (
  credentials: Credentials,
  request: Request,
  options: UseConnectionOptions = {}
): UseConnectionResult => {
  const { autoStart = false, first, prefetch = false, query, timeoutSeconds } = options
  const key = JSON.stringify([request, first, query, timeoutSeconds])
  const [shown, show] = useState<Shown>({ credentials, key, state: autoStart ? connecting : idle })
  const inputs = useRef<Inputs>({ credentials, key, options, request })
  const [session] = useState(() => makeSession(() => inputs.current, show))
  const isCurrent = shown.credentials === credentials && shown.key === key
  // Before the next connection begins, a render with a new request does not show the old one.
  const state = isCurrent ? shown.state : autoStart || isActive(shown) ? connecting : idle

  useEffect(() => {
    inputs.current = { credentials, key, options, request }
  })
  useEffect(() => {
    if (isCurrent) return
    const restarts = session.isActive()
    session.stop()
    if (restarts) session.start()
  }, [credentials, isCurrent, key, session])
  useEffect(() => {
    if (autoStart) session.start()
  }, [autoStart, credentials, key, session])
  useEffect(() => session.stop, [session])

  const ahead = JSON.stringify(prefetch)
  const isWanted = !autoStart && (state.status === "idle" || state.status === "closed")
  useEffect(() => {
    if (prefetch && isWanted) credentials.prefetch(request, prefetch === true ? {} : prefetch)
  }, [ahead, credentials, isWanted, key])

  return useMemo(() => ({ ...state, start: session.start, stop: session.stop }), [session, state])
}

const isActive = ({ state: { status } }: Shown): boolean => status === "connecting" || status === "open"
