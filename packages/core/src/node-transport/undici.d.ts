/** The types of the modules of undici that are loaded directly. */
declare module "undici/lib/dispatcher/agent.js" {
  export { Agent as default } from "undici"
}
declare module "undici/lib/dispatcher/proxy-agent.js" {
  export { ProxyAgent as default } from "undici"
}
declare module "undici/lib/dispatcher/pool.js" {
  export { Pool as default } from "undici"
}
declare module "undici/lib/api/api-connect.js" {
  import type { Dispatcher } from "undici"

  const connect: Dispatcher["connect"]
  export default connect
}
