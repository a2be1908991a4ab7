/** Opens the connection of a credential as a browser would, streams a recording, and resolves to the words. */
import * as Connection from "@tempcred/core/Connection"
import type { TempCredential } from "@tempcred/core/TempCredential"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { dialects } from "./dialects.ts"

export class TranscriptionError extends Data.TaggedError("TranscriptionError")<{ readonly message: string }> {}

/** 100 ms of the recording: 16 kHz, 16 bits, one channel. */
const chunkBytes = 3200

export interface Recording {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The speed of the stream: 1 is real time. */
  readonly speed: number
}

export const transcribe = Effect.fnUntraced(
  function* (credential: TempCredential, recording: Recording) {
    const dialect = dialects[credential.provider]
    const connection = Option.getOrUndefined(Connection.choose(credential.connections, "browser", "websocket"))
    if (dialect === undefined || connection === undefined) {
      return yield* new TranscriptionError({ message: `${credential.provider} has no connection for a browser` })
    }
    const { message, protocols, url } = Connection.fill(connection, credential.token)
    return yield* Effect.callback<string, TranscriptionError>((resume) => {
      const socket = new WebSocket(url, [...protocols])
      let words = ""
      let stream: ReturnType<typeof setInterval> | undefined
      const fail = (reason: string) => resume(new TranscriptionError({ message: reason }))
      const send = () => {
        let sent = 0
        stream = setInterval(() => {
          const chunk = recording.bytes.slice(sent * chunkBytes, (sent + 1) * chunkBytes)
          if (chunk.length > 0) {
            socket.send(chunk)
            sent += 1
            return
          }
          clearInterval(stream)
          socket.send(dialect.end(sent))
        }, 100 / recording.speed)
      }
      socket.addEventListener("open", () => {
        socket.send(JSON.stringify({ ...dialect.start, ...message }))
        if (!dialect.waits) send()
      })
      socket.addEventListener("message", ({ data }) => {
        const heard = dialect.read(JSON.parse(String(data)))
        if (heard.failure !== undefined) return fail(heard.failure)
        if (heard.ready === true) send()
        words += heard.words ?? ""
        if (heard.finished === true) resume(Effect.succeed(words.trim().replaceAll(/\s+/g, " ")))
      })
      socket.addEventListener("close", ({ code, reason }) => fail(`closed with ${code} ${reason}`))
      socket.addEventListener("error", () => fail("the connection failed"))
      return Effect.sync(() => {
        clearInterval(stream)
        socket.close()
      })
    })
  },
  Effect.timeoutOrElse({
    duration: "60 seconds",
    orElse: () => Effect.fail(new TranscriptionError({ message: "no transcript within a minute" }))
  })
)
