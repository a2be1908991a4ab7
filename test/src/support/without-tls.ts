/** Replaces TLS by plain connections, for official clients that open only `wss:`. */
import net from "node:net"
import tls from "node:tls"
import { vi } from "vitest"

/** Makes every TLS connection of this process a plain one, until the returned function is called. */
export const withoutTls = (): (() => void) => {
  const plain = (options: tls.ConnectionOptions) => net.connect({ host: options.host ?? "", port: options.port ?? 0 })
  const spy = vi.spyOn(tls, "connect").mockImplementation(plain as typeof tls.connect)
  return () => spy.mockRestore()
}
