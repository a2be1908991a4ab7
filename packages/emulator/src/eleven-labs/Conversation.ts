/**
 * `/v1/convai/conversation`, the path of signed URLs: the channels of
 * https://github.com/elevenlabs/elevenlabs-docs/blob/main/fern/apis/convai/asyncapi.yml, and
 * https://elevenlabs.io/docs/conversational-ai/customization/authentication (both read 2026-11-21).
 *
 * The refusal of a conversation is not documented. Close 3000 after the upgrade, its text and that of close 1008 are
 * from reports of clients. Allowlists, overrides and tools are not emulated.
 */
import * as Base64 from "../Base64.ts"
import type { Call, Session } from "../Emulator.ts"
import { type JsonObject, parseObject } from "../Json.ts"
import { type Socket, protocolsOf, type Handlers } from "../Sockets.ts"
import * as Audio from "../Audio.ts"
import * as Speech from "../Speech.ts"
import type { Account } from "./Account.ts"
import { type Agent, randomText } from "./Credentials.ts"
import { samplesOf, textOf } from "./Formats.ts"

const protocol = "convai"
const audioFormat = "pcm_16000"
const sampleRate = 16_000
const greeting = "Hello! How can I help you today?"

/** Makes the session of one upgrade. */
export const session = (account: Account, call: Call): Session => {
  const { words } = account.settings
  const admitted = authorized(account, call)
  const offered = protocolsOf(call.request.headers)
  const handlersOf = (socket: Socket): Handlers => {
    const answer = agentOf(socket, words)
    return {
      opened: () => {
        if (admitted === undefined) return socket.close(3000, "Could not authorize the conversation.")
        send(socket, "conversation_initiation_metadata", {
          conversation_initiation_metadata_event: {
            conversation_id: admitted.conversationId ?? `conv_${randomText()}`,
            agent_output_audio_format: audioFormat,
            user_input_audio_format: audioFormat
          }
        })
      },
      message: (data) => {
        const fields = typeof data === "string" ? parseObject(data) : undefined
        if (fields === undefined || !answer(fields)) socket.close(1008, "Invalid message received")
      }
    }
  }
  return account.sockets.session(handlersOf, offered.includes(protocol) ? protocol : undefined)
}

const authorized = ({ credentials, settings }: Account, call: Call): Pick<Agent, "conversationId"> | undefined => {
  const agentId = call.url.searchParams.get("agent_id")
  const signature = call.url.searchParams.get(settings.signatureParameter)
  if (agentId === null) return undefined
  if (signature === null) return settings.publicAgents.includes(agentId) ? { conversationId: undefined } : undefined
  const agent = credentials.redeem(signature, "agent", call.region)?.agent
  return agent?.agentId === agentId ? agent : undefined
}

const send = (socket: Socket, type: string, fields: object): void => socket.send({ type, ...fields })

const ignored: ReadonlySet<unknown> = new Set([
  "pong",
  "client_tool_result",
  "contextual_update",
  "user_activity",
  "feedback"
])

// Returns false for an unknown message.
const agentOf = (socket: Socket, text: ReadonlyArray<string>) => {
  const meter = Audio.meter(samplesOf(audioFormat) ?? "file")
  let events = 0
  let heard = 0

  const say = (sentence: string): void => {
    events += 1
    const audio = Base64.encode(Speech.tone(sentence, sampleRate))
    send(socket, "agent_response", { agent_response_event: { agent_response: sentence, event_id: events } })
    send(socket, "audio", { audio_event: { audio_base_64: audio, event_id: events } })
  }
  const listen = (audio: Uint8Array): void => {
    meter.add(audio)
    const words = Audio.spoken(text, meter.milliseconds())
    // The only pause is at the end of the text.
    if (text.length === 0 || words.length - heard < text.length) return
    const said = textOf(words.slice(heard, heard + text.length))
    heard += text.length
    events += 1
    send(socket, "user_transcript", { user_transcription_event: { user_transcript: said, event_id: events } })
    say(`You said: ${said}`)
  }

  return (fields: JsonObject): boolean => {
    const { text: typed, type, user_audio_chunk: chunk } = fields
    if (typeof chunk === "string") {
      const audio = Base64.decode(chunk)
      if (audio !== undefined) listen(audio)
      return audio !== undefined
    }
    if (type === "conversation_initiation_client_data") say(greeting)
    else if (type === "user_message") say(`You said: ${typeof typed === "string" ? typed : ""}`)
    else return ignored.has(type)
    return true
  }
}
