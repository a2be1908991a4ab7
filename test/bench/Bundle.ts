/** The bundle size of a program that mints on an edge runtime: made by esbuild, minified and compressed. */
import { build } from "esbuild"
import { gzipSync } from "node:zlib"
import { pure } from "../../tsup.config.ts"

export interface Program {
  readonly name: string
  readonly code: string
}

export const ours: Program = {
  name: "tempcred",
  code: `
    import * as Minter from "@tempcred/core/Minter"
    import * as Soniox from "@tempcred/soniox/Soniox"
    import * as Redacted from "effect/Redacted"
    const minter = Minter.make(Soniox.layer({ apiKey: Redacted.make("key") }))
    export default { fetch: async () => Response.json((await minter.mint({ purpose: "stt.realtime" })).expiresAt) }
  `
}

/** The token endpoint with one vendor, as a Worker makes it for each request. */
export const endpoint: Program = {
  name: "tempcred endpoint",
  code: `
    import * as Authenticator from "@tempcred/server/Authenticator"
    import * as TokenServer from "@tempcred/server/TokenServer"
    import * as Soniox from "@tempcred/soniox/Soniox"
    import * as Redacted from "effect/Redacted"
    export default {
      fetch: (request, env) =>
        TokenServer.make({
          provider: Soniox.layer({ apiKey: Redacted.make(env.SONIOX_API_KEY) }),
          authenticator: Authenticator.layerJwt({ jwksUrl: env.JWKS_URL, audience: "speech" }),
          metrics: false
        }).fetch(request)
    }
  `
}

/** The same endpoint, whose provider is chosen by the variables of the Worker. */
export const configuredEndpoint: Program = {
  name: "tempcred endpoint with its provider from variables",
  code: `
    import * as Providers from "@tempcred/core/Providers"
    import * as Authenticator from "@tempcred/server/Authenticator"
    import * as TokenServer from "@tempcred/server/TokenServer"
    import * as Soniox from "@tempcred/soniox/Soniox"
    import * as ConfigProvider from "effect/ConfigProvider"
    import * as Layer from "effect/Layer"
    export default {
      fetch: (request, env) =>
        TokenServer.make({
          provider: Layer.provide(Providers.layerConfig([Soniox.adapter]), ConfigProvider.layer(ConfigProvider.fromEnv({ env }))),
          authenticator: Authenticator.layerJwt({ jwksUrl: env.JWKS_URL, audience: "speech" }),
          metrics: false
        }).fetch(request)
    }
  `
}

const modules = ["AssemblyAi", "Deepgram", "ElevenLabs", "Gemini", "OpenAi", "Soniox", "Speechmatics"]

/** A program whose options choose vendors, failover, cache, sharing, pool and rate limit. */
export const everyVendor: Program = {
  name: "tempcred, every vendor",
  code: `
    import * as Minter from "@tempcred/core/Minter"
    import * as Providers from "@tempcred/core/Providers"
    ${modules.map((name) => `import { layer as ${name} } from "@tempcred/${name.toLowerCase()}/${name}"`).join("\n")}
    const layers = { ${modules.join(", ")} }
    export const make = (vendors, options) =>
      Minter.make(Providers.layer(vendors.map(({ id, ...given }) => layers[id](given)), options))
  `
}

/** The smallest program on Effect that decodes and runs. */
export const effectAlone: Program = {
  name: "effect alone",
  code: `
    import * as Context from "effect/Context"
    import * as Effect from "effect/Effect"
    import * as Layer from "effect/Layer"
    import * as ManagedRuntime from "effect/ManagedRuntime"
    import * as Schema from "effect/Schema"
    class Failure extends Schema.TaggedError()("Failure", { reason: Schema.String }) {}
    const Answer = Schema.Struct({ token: Schema.RedactedFromValue(Schema.NonEmptyString), end: Schema.DateTimeUtcFromString })
    const read = Effect.fn("read")(function* (input) {
      return yield* Effect.retry(Schema.decodeUnknownEffect(Answer)(input), { times: 2 }).pipe(
        Effect.timeoutOrElse({ duration: 1000, orElse: () => Effect.fail(new Failure({ reason: "late" })) })
      )
    })
    class Reader extends Context.Service()("Reader") {}
    const runtime = ManagedRuntime.make(Layer.effect(Reader, Effect.succeed({ read })))
    export default { fetch: async () => Response.json(await runtime.runPromise(Reader.use((one) => one.read({})))) }
  `
}

export const sonioxNode: Program = {
  name: "@soniox/node",
  code: `
    import { SonioxNodeClient } from "@soniox/node"
    const client = new SonioxNodeClient({ api_key: "key" })
    const terms = { usage_type: "transcribe_websocket", expires_in_seconds: 60 }
    export default { fetch: async () => Response.json((await client.auth.createTemporaryKey(terms)).expires_at) }
  `
}

export const speechmaticsAuth: Program = {
  name: "@speechmatics/auth",
  code: `
    import { createSpeechmaticsJWT } from "@speechmatics/auth"
    const terms = { type: "rt", apiKey: "key", ttl: 60 }
    export default { fetch: async () => Response.json(await createSpeechmaticsJWT(terms)) }
  `
}

/** The programs of a Worker with the package that apps install, and the targets of their sizes in bytes. */
export const front = {
  one: {
    name: "tempcred/soniox",
    code: `
      import { createMinter } from "tempcred/soniox"
      const minted = (apiKey) => createMinter({ apiKey }).mint({ purpose: "stt.realtime" })
      export default { fetch: async (_, env) => Response.json((await minted(env.SONIOX_API_KEY)).toClient()) }
    `,
    most: 56_000
  },
  all: {
    name: "tempcred",
    code: `
      import { createMinter } from "tempcred"
      const minted = (env) => createMinter({ env }).mint({ purpose: "stt.realtime" })
      export default { fetch: async (_, env) => Response.json((await minted(env)).toClient()) }
    `,
    most: 80_000
  },
  endpoint: {
    name: "tempcred/server with tempcred/soniox",
    code: `
      import { createEndpoint, jwt } from "tempcred/server"
      import { createMinter } from "tempcred/soniox"
      const endpoint = ({ JWKS_URL: jwksUrl, SONIOX_API_KEY: apiKey }) =>
        createEndpoint({ minter: createMinter({ apiKey }), authenticate: jwt({ jwksUrl, audience: "speech" }) })
      export default { fetch: (request, env) => endpoint(env).fetch(request) }
    `,
    most: 130_000
  }
} as const

const bundle = async ({ code }: Program, resolveDir = import.meta.dirname) => {
  const { metafile, outputFiles } = await build({
    stdin: { contents: code, resolveDir },
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "import"],
    target: "es2023",
    external: ["node:*"],
    minify: true,
    metafile: true,
    // The same plugin as in the build of the packages.
    plugins: [pure],
    logLevel: "silent",
    write: false
  })
  const [output] = outputFiles
  if (output === undefined) throw new Error("esbuild wrote nothing")
  return {
    contents: output.contents,
    inputs: Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs))
  }
}

/** Returns the compressed size in bytes, with packages that `folder` has, or those of the workspace. */
export const weigh = async (program: Program, folder?: string): Promise<number> =>
  gzipSync((await bundle(program, folder)).contents, { level: 9 }).byteLength

const packageOf = (path: string): string => {
  const own = /(?:^|\/)packages\/([^/]+)\//.exec(path)?.[1]
  return own === undefined
    ? (/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? "the program itself")
    : `@tempcred/${own}`
}

/** Returns the minified, uncompressed bytes of each package, largest first. */
export const parts = async (program: Program): Promise<ReadonlyArray<readonly [name: string, bytes: number]>> => {
  const bytes = new Map<string, number>()
  for (const [path, { bytesInOutput }] of (await bundle(program)).inputs) {
    const name = packageOf(path)
    bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput)
  }
  return [...bytes].toSorted(([, one], [, other]) => other - one)
}
