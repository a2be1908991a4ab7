/**
 * The one part of undici that is loaded, with the type that undici gives it.
 *
 * @since 0.1.0
 */
declare module "undici/lib/dispatcher/agent.js" {
  export { Agent as default } from "undici"
}
