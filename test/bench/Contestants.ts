/**
 * The contestants that mint over HTTP, each as an app uses it. The vendor's URL and the key are in the vendor's own
 * environment variables.
 */
import { SonioxNodeClient } from "@soniox/node"
import { createSpeechmaticsJWT } from "@speechmatics/auth"
import type { ProviderLayer } from "@tempcred/core/Adapter"
import type { MintRequest } from "@tempcred/core/MintRequest"
import * as Minter from "@tempcred/core/Minter"
import { TempCredentialProvider } from "@tempcred/core/TempCredentialProvider"
import { Transport } from "@tempcred/core/Transport"
import * as Soniox from "@tempcred/soniox/Soniox"
import * as Speechmatics from "@tempcred/speechmatics/Speechmatics"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { Pool } from "undici"

/**
 * A task: the number of callers, which mint one credential after the other, and the duration; each mints at least
 * once.
 */
export interface Task {
  readonly callers: number
  readonly milliseconds: number
}

export interface Contestant {
  /** The name on command lines and in tables. */
  readonly name: string
  /** Prepares the contestant; the result runs tasks and returns the number of minted credentials. */
  readonly open: () => Promise<(task: Task) => Promise<number>>
}

const promises = (name: string, open: () => Promise<() => Promise<unknown>>): Contestant => ({
  name,
  open: async () => {
    const mint = await open()
    return async ({ callers, milliseconds }) => {
      const end = performance.now() + milliseconds
      let mints = 0
      const caller = async () => {
        do {
          await mint()
          mints += 1
        } while (performance.now() < end)
      }
      await Promise.all(Array.from({ length: callers }, caller))
      return mints
    }
  }
})

const request: MintRequest = { purpose: "stt.realtime", ttl: "60 seconds" }

export const effectDoor: Contestant = {
  name: "tempcred, Effect door",
  open: async () => {
    const runtime = ManagedRuntime.make(Layer.provide(Soniox.layerConfig, Transport.layer))
    const program = Effect.fnUntraced(function* ({ callers, milliseconds }: Task) {
      const { mint } = yield* TempCredentialProvider
      const end = performance.now() + milliseconds
      let mints = 0
      const caller = Effect.gen(function* () {
        do {
          yield* mint(request)
          mints += 1
        } while (performance.now() < end)
      })
      yield* Effect.forEach(Array.from({ length: callers }), () => caller, { concurrency: callers, discard: true })
      return mints
    })
    return (task) => runtime.runPromise(program(task))
  }
}

const promiseDoor = (name: string, provider: ProviderLayer): Contestant =>
  promises(name, async () => {
    const minter = Minter.make(provider)
    return () => minter.mint(request)
  })

export const minter = promiseDoor("tempcred, Promise door", Soniox.layerConfig)

export const minterOverFetch = promises("tempcred over fetch", async () => {
  const { mint } = Minter.make(Soniox.layerConfig, { transport: Transport.layerFetch })
  return () => mint(request)
})

const terms = { usage_type: "transcribe_websocket", expires_in_seconds: 60 } as const

export const sonioxNode = promises("@soniox/node", async () => {
  const client = new SonioxNodeClient()
  return () => client.auth.createTemporaryKey(terms)
})

const variable = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set`)
  return value
}

const path = "/v1/auth/temporary-api-key"

const post = () => ({
  method: "POST",
  headers: { authorization: `Bearer ${variable("SONIOX_API_KEY")}`, "content-type": "application/json" },
  body: JSON.stringify(terms)
})

export const bareFetch = promises("fetch", async () => {
  const url = new URL(path, variable("SONIOX_API_BASE_URL"))
  return async () => {
    const response = await fetch(url, post())
    if (response.status !== 201) throw new Error(`the vendor answered ${response.status}`)
    return response.json()
  }
})

const undici = (name: string, options: Pool.Options): Contestant =>
  promises(name, async () => {
    const pool = new (await import("undici")).Pool(variable("SONIOX_API_BASE_URL"), options)
    return async () => {
      const { body, statusCode } = await pool.request({ path, ...post() })
      if (statusCode !== 201) throw new Error(`the vendor answered ${statusCode}`)
      return body.json()
    }
  })

export const undiciPool = undici("undici Pool", { connections: 32 })

export const undiciPoolKept = undici("undici Pool, connections kept for 60 s", {
  connections: 32,
  keepAliveTimeout: 60_000
})

export const speechmatics = promiseDoor("tempcred", Speechmatics.layerConfig)

export const speechmaticsAuth = promises("@speechmatics/auth", async () => {
  const options = {
    type: "rt",
    apiKey: variable("SPEECHMATICS_API_KEY"),
    managementPlatformURL: `${variable("SM_MANAGEMENT_PLATFORM_URL")}/v1`,
    ttl: 60
  } as const
  return () => createSpeechmaticsJWT(options)
})

export const beforeSoniox: ReadonlyArray<Contestant> = [
  effectDoor,
  minter,
  minterOverFetch,
  sonioxNode,
  bareFetch,
  undiciPool,
  undiciPoolKept
]

export const beforeSpeechmatics: ReadonlyArray<Contestant> = [speechmatics, speechmaticsAuth]
