/** Some official clients open `wss:` only; for them, TLS is a plain connection, and the rest is as it was. */
import net from "node:net"
import tls from "node:tls"
import { vi } from "vitest"

/** Lets every TLS connection of this process be a plain one, until it is told to stop. */
export const withoutTls = (): (() => void) => {
  const plain = (options: tls.ConnectionOptions) => net.connect({ host: options.host ?? "", port: options.port ?? 0 })
  const spy = vi.spyOn(tls, "connect").mockImplementation(plain as typeof tls.connect)
  return () => spy.mockRestore()
}
