/**
 * The dispatchers of the connection pool. In the published package this module contains the used parts
 * of undici, so that bundlers can process it.
 */
/// <reference path="./undici.d.ts" />
import type { Dispatcher } from "undici"
// Importing all of undici would replace the dispatcher of the platform's `fetch`.
import connect from "undici/lib/api/api-connect.js"
import Agent from "undici/lib/dispatcher/agent.js"
import Pool from "undici/lib/dispatcher/pool.js"
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js"
import type { Closable } from "./Dispatcher.ts"

/** The options of a pool. */
export interface Options {
  /** How long an idle connection stays open, in milliseconds. */
  readonly keepAliveTimeout: number
  readonly allowH2: boolean
}

/** Opens a pool of connections for each origin. */
export const openDirect = (options: Options): Closable => new Agent(options)

/** Opens a pool of tunnels through a proxy for each origin. The proxy's URL may contain a password. */
export const openProxied = (options: Options, uri: string): Closable =>
  new ProxyAgent({ ...options, uri, clientFactory })

/** Makes a pool with the method `connect`, which opens tunnels. Only the main module of undici adds it. */
const clientFactory = (origin: URL, options: object): Dispatcher =>
  Object.assign(new Pool(origin, options), { connect })
