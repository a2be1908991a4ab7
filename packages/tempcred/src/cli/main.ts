#!/usr/bin/env node
/** The entry point: runs the command of the arguments and exits with its exit code. */
import { proxies } from "@tempcred/core/Transport"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as http from "node:http"
import process from "node:process"
import { run } from "./Cli.ts"
import { exitCodeOf, exitCodes } from "./Failure.ts"

/** Exits with the result. The first Ctrl-C interrupts the program, a second one kills it. */
const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  process.once("SIGINT", () => fiber.interruptUnsafe(fiber.id))
  fiber.addObserver((exit) => teardown(exit, (code) => process.exit(code)))
})

/**
 * Configures `fetch` to use the environment's proxy, except for this machine, as the vendor transport does: the endpoint fetches key sets
 * and exports telemetry with it. Before Node 24.14, this needs `NODE_USE_ENV_PROXY=1` instead.
 */
const useEnvironmentProxy = (): void => {
  const { proxy } = proxies()
  const address = proxy === undefined ? "" : Redacted.value(proxy.address)
  // The transport reports other proxies by the name of their variable.
  if (proxy?.host === undefined || !/^https?:/i.test(address) || !("setGlobalProxyFromEnv" in http)) return
  const { NO_PROXY = "", no_proxy = NO_PROXY } = process.env
  http.setGlobalProxyFromEnv({
    https_proxy: address,
    http_proxy: address,
    no_proxy: [no_proxy, "localhost", "127.0.0.1", "::1"].join(",")
  })
}

// A closed pipe, as in `tempcred … | head -1`, does not stop the command.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (!("code" in error) || error.code !== "EPIPE") process.exit(exitCodes.internal)
  })
}

useEnvironmentProxy()

run(process.argv.slice(2)).pipe(
  runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(exitCodeOf(exit)) })
)
