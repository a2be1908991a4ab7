/** The commands, their flags and their help. What a command does is loaded when it runs, so that help and usage errors come at once. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Purpose from "@tempcred/core/Purpose"
import * as Argument from "effect/cli/Argument"
import * as CliConfig from "effect/cli/CliConfig"
import type { CliError } from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import manifest from "../package.json" with { type: "json" }
import { report } from "./Ending.ts"
import { legend } from "./ExitCode.ts"
import type { Failure } from "./Failure.ts"
import * as Usage from "./Usage.ts"

const lazily =
  <Options, E, R>(load: () => Promise<{ readonly run: (options: Options) => Effect.Effect<void, E, R> }>) =>
  (options: Options): Effect.Effect<void, E, Exclude<R, Scope.Scope>> =>
    Effect.scoped(Effect.flatMap(Effect.promise(load), ({ run }) => run(options)))

const flag = (name: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDefault(false), Flag.withDescription(description))

const maybe = (name: string, metavar: string, description: string): Flag.Flag<string | undefined> =>
  Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(description),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  )

const port = Flag.Int("port").pipe(
  Flag.withMetavar("<port>"),
  Flag.filter(
    (value) => value >= 0 && value <= 65_535,
    () => "a whole number from 0 to 65535"
  )
)

const json = flag("json", "Print JSON for machines")
const config = maybe(
  "config",
  "<file>",
  "Read variables from this file (NAME=value lines, or .json); the environment wins"
)
const provider = maybe("provider", "<names>", "The vendor, or an order of vendors; overrides TEMPCRED_PROVIDER")
const purpose = Flag.Literals("purpose", Purpose.all).pipe(
  Flag.withDefault("stt.realtime" as const),
  Flag.withDescription("What the credential is for (default stt.realtime)")
)

const mint = Command.make(
  "mint",
  {
    provider,
    purpose,
    ttl: maybe("ttl", "<length>", 'How long it may be redeemed, with its unit: "60 seconds"'),
    subject: maybe("subject", "<id>", "Your id of the end user"),
    singleUse: flag("single-use", "Good for one connection only"),
    maxSession: maybe("max-session", "<length>", 'How long a session may be: "10 minutes"'),
    usableFor: maybe("usable-for", "<length>", 'When all use of it must end, in open sessions too: "30 minutes"'),
    region: maybe("region", "<name>", "Where the vendor is to serve it"),
    relax: flag("relax", "Do without what the vendor cannot enforce, and list it"),
    emulator: flag("emulator", "Mint at an emulator in this process: needs no key, reads no variable (default soniox)"),
    json,
    showToken: flag("show-token", "Print the token, which is redacted otherwise"),
    connection: flag(
      "connection",
      "Print the shell line that connects: websocat or curl, with $TOKEN for the token unless --show-token"
    ),
    config
  },
  lazily(() => import("./commands/Mint.ts"))
).pipe(
  Command.withDescription("Mint one credential"),
  Command.withExamples([
    { command: "tempcred mint --emulator", description: "Try it without a key" },
    {
      command: 'tempcred mint --provider soniox --ttl "60 seconds" --json',
      description: "Mint at Soniox, for a script"
    }
  ])
)

const providers = Command.make(
  "providers",
  { json, markdown: flag("markdown", "Print a Markdown table") },
  lazily(() => import("./commands/Providers.ts"))
).pipe(Command.withDescription("List the vendors and what each can do"))

const doctor = Command.make(
  "doctor",
  { provider, purpose, config, json },
  lazily(() => import("./commands/Doctor.ts"))
).pipe(
  Command.withDescription(
    "Check configuration, DNS, TLS, clock, a mint and a connection, and the token endpoint where one is configured; say what to do"
  )
)

const serve = Command.make(
  "serve",
  {
    config,
    host: maybe("host", "<host>", "Where to listen; overrides TEMPCRED_HOST (default 127.0.0.1)"),
    port: port.pipe(
      Flag.withDescription("Overrides TEMPCRED_PORT, which overrides PORT (default 8787); 0 is any free"),
      Flag.optional,
      Flag.map(Option.getOrUndefined)
    ),
    emulator: flag("emulator", "Mint at emulators in this process: needs no vendor key")
  },
  lazily(() => import("./commands/Serve.ts"))
).pipe(
  Command.withDescription(
    `Run the token endpoint; requests are logged to stdout as JSON lines.

Required:
  the vendor: TEMPCRED_PROVIDER, and the key of each that it names
  who may ask: TEMPCRED_AUTH_JWKS_URL with TEMPCRED_AUTH_AUDIENCE or TEMPCRED_AUTH_ISSUER,
    or TEMPCRED_AUTH_JWT_SECRET, or TEMPCRED_AUTH_BEARER_TOKENS

All variables are in the README of @tempcred/server (packages/server/README.md).`
  ),
  Command.withShortDescription("Run the token endpoint; requests are logged to stdout as JSON lines")
)

const emulate = Command.make(
  "emulate",
  {
    vendors: Argument.String("vendor").pipe(
      Argument.variadic(),
      Argument.withDescription("Which vendors (default all)")
    ),
    port: port.pipe(
      Flag.withDefault(4801),
      Flag.withDescription("Of the first vendor, the next has the one after it; 0 is any free (default 4801)")
    ),
    json
  },
  lazily(() => import("./commands/Emulate.ts"))
).pipe(Command.withDescription("Run emulated vendors, and print the variables that point the library at them"))

const project = Flag.Int("project").pipe(
  Flag.withMetavar("<id>"),
  Flag.withDescription("The project (default: the default project, or all when listing)"),
  Flag.optional,
  Flag.map(Option.getOrUndefined)
)

const list = Command.make(
  "list",
  { project, json, config },
  lazily(async () => ({ run: (await import("./commands/Keys.ts")).list }))
).pipe(Command.withDescription("List the keys, without their secrets"))

const create = Command.make(
  "create",
  {
    name: Flag.String("name").pipe(Flag.withMetavar("<name>"), Flag.withDescription("What the key is called")),
    project,
    clientRef: maybe("client-ref", "<id>", "Your own reference"),
    showKey: flag("show-key", "Print the new key, which nobody can show again"),
    keyFile: maybe("key-file", "<file>", "Write the new key to a new file that only you can read"),
    json,
    config
  },
  lazily(async () => ({ run: (await import("./commands/Keys.ts")).create }))
).pipe(Command.withDescription("Create a long-lived key; say --show-key or --key-file, as it is told only once"))

const revoke = Command.make(
  "revoke",
  {
    id: Argument.String("id").pipe(Argument.withDescription("The id of the key, as `keys list` shows it")),
    yes: flag("yes", "Do not ask"),
    json,
    config
  },
  lazily(async () => ({ run: (await import("./commands/Keys.ts")).revoke }))
).pipe(Command.withDescription("Revoke a key at once"))

const keys = Command.make("keys").pipe(
  Command.withDescription("Manage the long-lived keys of Speechmatics, with SPEECHMATICS_MANAGEMENT_TOKEN"),
  Command.withSubcommands([list, create, revoke])
)

const root = Command.make("tempcred").pipe(
  Command.withDescription(`Mint, check and serve short-lived credentials for speech vendors.\n\n${legend}`),
  Command.withSubcommands([mint, providers, doctor, serve, emulate, keys])
)

const services = Layer.mergeAll(
  NodeServices.layer,
  Usage.layer,
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
)

/** Runs the command that the arguments name, and tells what went wrong. */
export const run = (args: ReadonlyArray<string>): Effect.Effect<void, Failure | CliError> =>
  Command.runWith(root, { version: manifest.version })(args).pipe(
    Effect.tapCause(report),
    Effect.provide(services),
    Effect.provideService(Logger.LogToStderr, true)
  )
