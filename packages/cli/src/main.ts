#!/usr/bin/env node
/**
 * The program: runs the command that the arguments name, and exits with what became of it.
 *
 * @since 0.1.0
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Runtime from "effect/Runtime"
import process from "node:process"
import { debuglog } from "node:util"
import manifest from "../package.json" with { type: "json" }
import { root } from "./Cli.ts"
import { exitCodes } from "./ExitCode.ts"
import { Failure } from "./Failure.ts"
import * as Printing from "./Printing.ts"
import { runMain } from "./Termination.ts"
import * as Usage from "./Usage.ts"

const debug = debuglog("tempcred")

const prefix = Printing.paintedNote("red", "tempcred:")

/** What went wrong in one or two lines; the details of a defect may hold anything, and are shown to who asks for them. */
const report = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  const error = Cause.squash(cause)
  if (Cause.hasInterruptsOnly(cause) || Runtime.getErrorExitCode(error) === exitCodes.done) return Effect.void
  if (error instanceof Failure) return Printing.note(`${prefix} ${error.summary}\n${error.advice}`)
  if (!Cause.hasDies(cause)) return Effect.void
  debug("%s", Cause.pretty(cause))
  const name = error instanceof Error ? error.name : "unknown"
  return Printing.note(`${prefix} a defect of this program (${name})\nNODE_DEBUG=tempcred shows its details.`)
}

const codeOf = <E, A>(exit: Exit.Exit<A, E>): number => {
  if (Exit.isSuccess(exit)) return exitCodes.done
  if (Cause.hasInterruptsOnly(exit.cause)) return exitCodes.interrupted
  const error = Cause.squash(exit.cause)
  return error instanceof Failure
    ? Runtime.getErrorExitCode(error)
    : Cause.hasDies(exit.cause)
      ? exitCodes.defect
      : exitCodes.usage
}

// Who reads our output may stop reading; what is under way goes on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (!("code" in error) || error.code !== "EPIPE") process.exit(exitCodes.defect)
  })
}

Command.runWith(root, { version: manifest.version })(process.argv.slice(2)).pipe(
  Effect.tapCause(report),
  Effect.provide(
    Layer.mergeAll(
      NodeServices.layer,
      Usage.layer,
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
    )
  ),
  Effect.provideService(Logger.LogToStderr, true),
  runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) })
)
