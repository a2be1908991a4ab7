/** A hook to copy: a connection for as long as a component is there. `credentials` is made once, outside of it; the rest may be literals. */
import type { OpenOptions, Request, Source } from "@tempcred/client"
import { useEffect, useState } from "react"

export const useConnection = (credentials: Source, request: Request, first: NonNullable<OpenOptions["first"]>) => {
  const [state, setState] = useState<{
    readonly socket?: WebSocket
    readonly closed?: CloseEvent
    readonly error?: unknown
  }>({})
  const [attempt, setAttempt] = useState(0)
  // By value, as a literal is another object in every render.
  const asked = JSON.stringify([request, first])
  useEffect(() => {
    const leaving = new AbortController()
    const { signal } = leaving
    const show = (next: typeof state) => (signal.aborted ? undefined : setState(next))
    const opened = (socket: WebSocket) => {
      socket.addEventListener("close", (closed) => show({ closed }))
      signal.addEventListener("abort", () => socket.close())
      if (signal.aborted) socket.close()
      show({ socket })
    }
    const [wanted, said]: [Request, typeof first] = JSON.parse(asked)
    credentials.open(wanted, { first: said, signal }).then(opened, (error: unknown) => show({ error }))
    return () => {
      leaving.abort()
      setState({})
    }
  }, [credentials, asked, attempt])
  // A reconnect has a fresh credential, as every `open` has: call it where `closed` is there and there is more to say.
  return { ...state, reconnect: () => setAttempt((count) => count + 1) }
}
