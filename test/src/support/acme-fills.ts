/** The texts that a developer writes into the blanks of a new vendor, one after the other. */

const adapter = "packages/acmevoice/src/AcmeVoice.ts"
const emulator = "packages/emulator/src/AcmeVoice.ts"

interface Fill {
  /** The beginning of the blank's instruction. */
  readonly blank: string
  readonly path: typeof adapter | typeof emulator
  readonly change: readonly [from: RegExp, to: string]
}

const refuse = (status: number, code: string, message: string): string =>
  `Response.json({ code: "${code}", message: "${message}" }, { status: ${status} })`

export const fills: ReadonlyArray<Fill> = [
  {
    blank: "capabilities",
    path: adapter,
    change: [
      /blank\(\s*"capabilities[^)]*\)/,
      `({
      ttlSeconds: { min: 1, max: 3600, default: 60 },
      singleUse: false,
      subject: { effect: "ignored" },
      regions: [],
      mintingHasSideEffects: false,
      needed: "connect"
    })`
    ]
  },
  {
    blank: "call",
    path: adapter,
    change: [
      /\(\) =>\s*blank\(\s*"call[^)]*\)/,
      `(request, { options: { baseUrl } }) => ({
      url: \`\${baseUrl}/v1/tokens\`,
      body: { ttl: request.ttlSeconds }
    })`
    ]
  },
  {
    blank: "mint",
    path: emulator,
    change: [/blank\(\s*"mint[^)]*\)/, "Response.json({ token: `acme-${crypto.randomUUID()}` })"]
  },
  {
    blank: "credential",
    path: adapter,
    change: [
      /\(\) =>\s*blank\(\s*"credential[^)]*\)/,
      `({ token }, _, { options: { websocketUrl } }) => ({
      token,
      expiry: { source: "request" },
      connections: [
        {
          kind: "websocket",
          url: \`\${websocketUrl}/v1/listen\`,
          where: "anywhere",
          placement: { in: "query", name: "token", value: "{token}" }
        }
      ]
    })`
    ]
  },
  {
    blank: "wrong key",
    path: emulator,
    change: [/blank\(\s*"wrong key[^)]*\)/, refuse(401, "wrong_key", "No such key.")]
  },
  {
    blank: "dialect",
    path: adapter,
    change: [/\(\) =>\s*blank\(\s*"dialect[^)]*\)/, "({ code, message }) => ({ code, detail: message })"]
  },
  {
    blank: "too many",
    path: emulator,
    change: [/blank\(\s*"too many[^)]*\)/, refuse(429, "slow_down", "Too many mints.")]
  }
]

const imports = [
  'import * as AcmeVoice from "@tempcred/acmevoice/AcmeVoice"',
  'import * as Emulated from "@tempcred/emulator/AcmeVoice"',
  'import * as Redacted from "effect/Redacted"',
  'import { ask, gives, minting } from "../support/fixture-rows.ts"'
].join("\n")

/** The vendor's evidence, and its result with the blanks filled as above. */
export const evidence = {
  fixture: {
    source: "https://acmevoice.example/docs",
    read: "2026-11-21",
    basis: "documented",
    status: 200,
    body: { token: "acme-1" }
  },
  rows: `${imports}

const emulator = Emulated.make()

const options = {
  apiKey: Redacted.make("a-long-lived-key"),
  baseUrl: "https://api.acmevoice.example",
  websocketUrl: "wss://api.acmevoice.example"
}

export const rows = {
  "mint.200": gives(
    minting(AcmeVoice.layer(options)),
    "2026-11-21T12:00:00.000Z",
    {
      token: "acme-1",
      expiresAt: "2026-11-21T12:01:00.000Z",
      expirySource: "request",
      uses: "many",
      placements: ["query"]
    },
    ask(emulator, { authorization: \`Bearer \${emulator.apiKey}\` }, Emulated.mintRoute)
  )
}
`
}
