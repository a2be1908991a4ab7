/** The commands, their flags and their help. The code of a command is loaded when it runs, so that help is fast. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Purpose } from "@tempcred/core/Purpose"
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
import manifest from "../../package.json" with { type: "json" }
import { type Failure, legend, report } from "./Failure.ts"
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

const json = flag("json", "Print JSON")
const config = maybe(
  "config",
  "<file>",
  "File of variables (NAME=value lines, or .json); the environment takes precedence"
)
const provider = maybe("provider", "<names>", "Vendor, or vendors in failover order; overrides TEMPCRED_PROVIDER")
const purpose = Flag.Literals("purpose", Purpose.literals).pipe(
  Flag.withDefault("stt.realtime" as const),
  Flag.withDescription("Purpose of the credential (default stt.realtime)")
)

const mint = Command.make(
  "mint",
  {
    provider,
    purpose,
    ttl: maybe("ttl", "<length>", 'Time to open a connection, with its unit: "60 seconds"'),
    subject: maybe("subject", "<id>", "Your id of the end user"),
    singleUse: flag("single-use", "Valid for one connection only"),
    maxSession: maybe("max-session", "<length>", 'Maximum length of a session: "10 minutes"'),
    usableFor: maybe("usable-for", "<length>", 'Time of all use, open sessions included: "30 minutes"'),
    region: maybe("region", "<name>", "Region of the vendor"),
    relax: flag("relax", "Continue without guarantees that the vendor does not support, and list them"),
    emulator: flag("emulator", "Use an emulated vendor (default soniox): needs no key, ignores the environment"),
    json,
    showToken: flag("show-token", "Print the token instead of <redacted>"),
    connection: flag(
      "connection",
      "Print the shell command that connects (websocat or curl), with $TOKEN unless --show-token is set"
    ),
    config
  },
  lazily(() => import("./commands/Mint.ts"))
).pipe(
  Command.withDescription("Mint a credential"),
  Command.withExamples([
    { command: "tempcred mint --emulator", description: "Try it without a key" },
    {
      command: 'tempcred mint --provider soniox --ttl "60 seconds" --json',
      description: "Mint at Soniox, in a script"
    }
  ])
)

const providers = Command.make(
  "providers",
  { json, markdown: flag("markdown", "Print a Markdown table") },
  lazily(() => import("./commands/Providers.ts"))
).pipe(Command.withDescription("List the vendors and their capabilities"))

const doctor = Command.make(
  "doctor",
  { provider, purpose, config, json },
  lazily(() => import("./commands/Doctor.ts"))
).pipe(Command.withDescription("Check configuration, network, vendors and token endpoint, and give advice"))

const serve = Command.make(
  "serve",
  {
    config,
    host: maybe("host", "<host>", "Address to listen on; overrides TEMPCRED_HOST (default 127.0.0.1)"),
    port: port.pipe(
      Flag.withDescription("Port; overrides TEMPCRED_PORT and PORT (default 8787); 0 is any free port"),
      Flag.optional,
      Flag.map(Option.getOrUndefined)
    ),
    emulator: flag("emulator", "Use emulated vendors: needs no vendor key")
  },
  lazily(() => import("./commands/Serve.ts"))
).pipe(
  Command.withDescription(
    `Run the token endpoint. The access log goes to stdout as JSON lines.

  Required variables:
    vendor: TEMPCRED_PROVIDER, and the key of each vendor
    authentication, one of:
    - TEMPCRED_AUTH_JWKS_URL, with TEMPCRED_AUTH_AUDIENCE or _ISSUER
    - TEMPCRED_AUTH_JWT_SECRET
    - TEMPCRED_AUTH_BEARER_TOKENS

  The README of @tempcred/server (packages/server/README.md) lists all variables.`
  ),
  Command.withShortDescription("Run the token endpoint")
)

const emulate = Command.make(
  "emulate",
  {
    vendors: Argument.String("vendor").pipe(Argument.variadic(), Argument.withDescription("Vendors (default all)")),
    port: port.pipe(
      Flag.withDefault(4801),
      Flag.withDescription("Port of the first vendor; the others use the next ones; 0 is any free (default 4801)")
    ),
    json
  },
  lazily(() => import("./commands/Emulate.ts"))
).pipe(Command.withDescription("Run emulated vendors, and print the variables to use them"))

const project = Flag.Int("project").pipe(
  Flag.withMetavar("<id>"),
  Flag.withDescription("Id of the project (default: the default project; for list, all)"),
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
    name: Flag.String("name").pipe(Flag.withMetavar("<name>"), Flag.withDescription("Name of the key")),
    project,
    clientRef: maybe("client-ref", "<id>", "Your own reference"),
    showKey: flag("show-key", "Print the new key"),
    keyFile: maybe("key-file", "<file>", "Write the new key to a new file that only you can read"),
    json,
    config
  },
  lazily(async () => ({ run: (await import("./commands/Keys.ts")).create }))
).pipe(
  Command.withDescription("Create a long-lived key; needs --show-key or --key-file, because it is shown only once")
)

const revoke = Command.make(
  "revoke",
  {
    id: Argument.String("id").pipe(Argument.withDescription("Id of the key, from `keys list`")),
    yes: flag("yes", "Skip the confirmation"),
    json,
    config
  },
  lazily(async () => ({ run: (await import("./commands/Keys.ts")).revoke }))
).pipe(Command.withDescription("Revoke a key"))

const keys = Command.make("keys").pipe(
  Command.withDescription("Manage the long-lived keys of Speechmatics, with SPEECHMATICS_MANAGEMENT_TOKEN"),
  Command.withSubcommands([list, create, revoke])
)

const root = Command.make("tempcred").pipe(
  Command.withDescription(
    `Mint, check and serve short-lived credentials for speech vendors.\n\n  ${legend.replaceAll("\n", "\n  ")}`
  ),
  Command.withSubcommands([mint, providers, doctor, serve, emulate, keys])
)

const services = Layer.mergeAll(
  NodeServices.layer,
  Usage.layer,
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
)

/** Runs the command of the arguments, and prints its failure. */
export const run = (args: ReadonlyArray<string>): Effect.Effect<void, Failure | CliError> =>
  Command.runWith(root, { version: manifest.version })(args).pipe(
    Effect.tapCause(report),
    Effect.provide(services),
    Effect.provideService(Logger.LogToStderr, true)
  )
