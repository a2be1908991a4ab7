/** Deepgram's client in a thread that it takes for a browser. */
import { workerData } from "node:worker_threads"

const { options, origin, product, token, version } = workerData
const document = {}
Object.assign(globalThis, { window: { document, navigator: { userAgent: "a browser" } }, document })
const { DeepgramClient } = await import("@deepgram/sdk")
const sockets = origin.replace("http", "ws")
const environment = { base: origin, production: sockets, agent: sockets, agentRest: origin }
const client = new DeepgramClient({ accessToken: token, environment, maxRetries: 0 })
const resources: Readonly<Record<string, unknown>> = { listen: client.listen, speak: client.speak, agent: client.agent }
const socket = await Object(resources[product])[version].connect({ ...options, reconnectAttempts: 0 })
socket.connect()
