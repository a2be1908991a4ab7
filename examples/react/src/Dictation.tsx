/** A microphone button and the text that Soniox hears. The app's backend serves `/speech-token`. */
import { type ReactElement, useState } from "react"
import { source, type Source } from "tempcred/client"
import { useConnection } from "tempcred/react"

/** One source for the whole page, made outside of the components. */
const pageSource = source({ endpoint: "/speech-token" })

const first = { model: "stt-rt-v5", audio_format: "pcm_s16le", sample_rate: 16_000, num_channels: 1 }

const readTokens = (data: unknown): string => {
  const { tokens = [] }: { readonly tokens?: ReadonlyArray<{ readonly text: string; readonly is_final: boolean }> } =
    JSON.parse(String(data))
  return tokens.map(({ is_final, text }) => (is_final ? text : "")).join("")
}

/** Shows a button and the final words. `onOpen` begins to send audio. */
export const Dictation = ({
  credentials = pageSource,
  onOpen
}: {
  readonly credentials?: Source
  readonly onOpen: (socket: WebSocket) => void
}): ReactElement => {
  const [text, setText] = useState("")
  const connection = useConnection(
    credentials,
    { purpose: "stt.realtime" },
    { first, onMessage: ({ data }) => setText((before) => before + readTokens(data)), onOpen, prefetch: true }
  )
  switch (connection.status) {
    case "connecting":
      return <button onClick={connection.stop}>Connecting…</button>
    case "open":
      return (
        <>
          <button onClick={connection.stop}>Stop</button>
          <p>{text}</p>
        </>
      )
    case "failed":
      return (
        <>
          <button onClick={connection.start}>Try again</button>
          <p>{connection.failure?.kind === "unauthenticated" ? "Sign in first." : "Speech is not available."}</p>
        </>
      )
    case "idle":
    case "closed":
      return (
        <>
          <button onClick={connection.start}>Speak</button>
          <p>{text}</p>
        </>
      )
  }
}
