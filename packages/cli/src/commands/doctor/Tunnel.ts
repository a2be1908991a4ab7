/** The way to a host through a proxy of the environment, as a vendor's requests take it. */
import type { Proxy } from "@tempcred/core/Transport"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { request } from "node:http"
import { request as requestSecurely } from "node:https"
import type { Socket } from "node:net"

/** Why there is no tunnel: the status with which the proxy refused, or what the platform says of the way to it. */
export type Refusal = { readonly status: number } | { readonly code: string }

/** Opens a tunnel to a host and a port, for a scope. */
export const open = ({ address }: Proxy, target: string, codeOf: (cause: unknown) => string) =>
  Effect.acquireRelease(
    Effect.callback<Socket, Refusal>((resume) => {
      const { hostname, password, port, protocol, username } = new URL(Redacted.value(address))
      const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
      const headers = {
        host: target,
        ...(username === "" ? {} : { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` })
      }
      const send = protocol === "https:" ? requestSecurely : request
      const asking = send({ host: hostname.replaceAll(/[[\]]/g, ""), port, method: "CONNECT", path: target, headers })
      asking.on("connect", ({ statusCode = 0 }, socket) => {
        if (statusCode === 200) return resume(Effect.succeed(socket))
        socket.destroy()
        resume(Effect.fail({ status: statusCode }))
      })
      asking.on("error", (cause) => resume(Effect.fail({ code: codeOf(cause) })))
      asking.end()
      return Effect.sync(() => asking.destroy())
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )
