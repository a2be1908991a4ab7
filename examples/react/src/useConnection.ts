/**
 * A hook to copy: a connection for the lifetime of a component. Make `credentials` once, outside of the component;
 * the other arguments can be literals.
 */
import type { OpenOptions, Request, Source } from "@tempcred/client"
import { useEffect, useRef, useState } from "react"

export interface UseConnectionOptions extends Omit<OpenOptions, "signal"> {
  /** Receives every message. A listener that a component adds after its render would miss the first ones. */
  readonly onMessage?: (message: MessageEvent) => void
}

export const useConnection = (credentials: Source, request: Request, options: UseConnectionOptions) => {
  const [state, setState] = useState<{
    readonly socket?: WebSocket
    readonly closed?: CloseEvent
    readonly error?: unknown
  }>({})
  const [attempt, setAttempt] = useState(0)
  const latest = useRef({ request, options })
  // Compares by value, as a literal is a new object in every render. Functions are not compared.
  const asked = JSON.stringify([request, options])
  useEffect(() => {
    latest.current = { request, options }
  })
  useEffect(() => {
    const leaving = new AbortController()
    const { signal } = leaving
    const show = (next: typeof state) => (signal.aborted ? undefined : setState(next))
    const opened = (socket: WebSocket) => {
      socket.addEventListener("message", (message) => latest.current.options.onMessage?.(message))
      socket.addEventListener("close", (closed) => show({ closed }))
      signal.addEventListener("abort", () => socket.close())
      if (signal.aborted) socket.close()
      show({ socket })
    }
    const { onMessage: _, ...more } = latest.current.options
    credentials.open(latest.current.request, { ...more, signal }).then(opened, (error: unknown) => show({ error }))
    return () => {
      // React's StrictMode mounts twice; the second mount takes the credential of the first.
      leaving.abort()
      setState({})
    }
  }, [credentials, asked, attempt])
  // A reconnect takes another credential. Call it when `closed` is set and the conversation should continue.
  return { ...state, reconnect: () => setAttempt((count) => count + 1) }
}
