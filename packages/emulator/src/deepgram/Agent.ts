/**
 * `/v1/agent/converse`: https://developers.deepgram.com/reference/voice-agent/voice-agent (read 2026-11-21). The agent
 * sends Welcome, applies its settings and speaks its greeting. It does not converse.
 */
import type { Call, Session } from "../Emulator.ts"
import { objectOf, parseObject, stringOf } from "../Json.ts"
import * as Speech from "../Speech.ts"
import { type Account, connect } from "./Account.ts"

const sampleRate = 24_000

/** Opens a conversation, or refuses before the upgrade. */
export const converse = (account: Account, call: Call): Response | Session =>
  connect(account, call, (line) => ({
    opened: () => line.send({ type: "Welcome", request_id: crypto.randomUUID() }),
    message: (data) => {
      const message = typeof data === "string" ? parseObject(data) : undefined
      if (message?.["type"] !== "Settings") return
      line.send({ type: "SettingsApplied" })
      const greeting = stringOf(objectOf(message["agent"])["greeting"])
      if (greeting === undefined) return
      line.send({ type: "ConversationText", role: "assistant", content: greeting })
      line.sendBytes(Speech.tone(greeting, sampleRate))
      line.send({ type: "AgentAudioDone" })
    }
  }))
