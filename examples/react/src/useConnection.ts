/** A hook to copy: a connection for as long as a component is there. `credentials`, `request` and `first` are made once, outside of it. */
import type { Request, Source } from "@tempcred/client"
import { useEffect, useState } from "react"

export const useConnection = (credentials: Source, request: Request, first: object) => {
  const [state, setState] = useState<{ readonly socket?: WebSocket; readonly error?: unknown }>({})
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    const leaving = new AbortController()
    const opened = (socket: WebSocket) => {
      leaving.signal.addEventListener("abort", () => socket.close())
      if (leaving.signal.aborted) socket.close()
      else setState({ socket })
    }
    const failed = (error: unknown) => (leaving.signal.aborted ? undefined : setState({ error }))
    credentials.open(request, { first, signal: leaving.signal }).then(opened, failed)
    return () => leaving.abort()
  }, [credentials, request, first, attempt])
  // A reconnect has a fresh credential, as every `open` has.
  return { ...state, reconnect: () => setAttempt((count) => count + 1) }
}
