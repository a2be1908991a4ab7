#!/usr/bin/env node
/** The program: runs the command that the arguments name, and exits with what became of it. */
import process from "node:process"
import { run } from "./Cli.ts"
import { codeOf } from "./Ending.ts"
import { exitCodes } from "./ExitCode.ts"
import * as GlobalProxy from "./GlobalProxy.ts"
import { runMain } from "./Termination.ts"

// Who reads our output may stop reading; what is under way goes on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (!("code" in error) || error.code !== "EPIPE") process.exit(exitCodes.defect)
  })
}

GlobalProxy.install()

run(process.argv.slice(2)).pipe(
  runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) })
)
