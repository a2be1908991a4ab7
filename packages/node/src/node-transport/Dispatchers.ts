/** The dispatchers of undici that are used. In the published package this module holds a copy of them, so that it can be bundled again. */
/// <reference path="./undici.d.ts" />
import type { Dispatcher, Agent as Agents } from "undici"
// The whole of undici puts itself in the place of what the platform's `fetch` sends through.
import connect from "undici/lib/api/api-connect.js"
import Agent from "undici/lib/dispatcher/agent.js"
import Pool from "undici/lib/dispatcher/pool.js"
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js"

/** Opens a pool of connections for each address. */
export const openDirect = (options: Agents.Options): Dispatcher => new Agent(options)

/** Opens a pool of tunnels through a proxy for each address; `uri` is the proxy's own, with its password. */
export const openProxied = (options: Agents.Options, uri: string): Dispatcher =>
  new ProxyAgent({ ...options, uri, clientFactory })

/** The whole of undici gives every dispatcher this method, which opens tunnels. */
const clientFactory = (origin: URL, options: object): Dispatcher =>
  Object.assign(new Pool(origin, options), { connect })
