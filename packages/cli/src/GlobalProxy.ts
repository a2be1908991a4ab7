/** The proxy of the environment, for what is sent by `fetch`: key sets are read and telemetry is exported through it, as vendors are asked. */
import { proxies } from "@tempcred/core/Transport"
import * as Redacted from "effect/Redacted"
import * as http from "node:http"
import process from "node:process"

/**
 * Sends what the platform's `fetch` sends through the proxy that the environment names, but not to this machine. Node before 24.14 cannot be told so while it
 * runs; there `NODE_USE_ENV_PROXY=1` does it.
 */
export const install = (): void => {
  const { proxy } = proxies()
  const address = proxy === undefined ? "" : Redacted.value(proxy.address)
  // Whoever makes the transport refuses another one by the name of its variable.
  if (proxy?.host === undefined || !/^https?:/i.test(address) || !("setGlobalProxyFromEnv" in http)) return
  const { NO_PROXY = "", no_proxy = NO_PROXY } = process.env
  http.setGlobalProxyFromEnv({
    https_proxy: address,
    http_proxy: address,
    no_proxy: [no_proxy, "localhost", "127.0.0.1", "::1"].join(",")
  })
}
