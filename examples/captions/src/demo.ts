/** The demo's parts beside the token endpoints: the login, the recording, and failures on purpose. */
import { type RequestHandler, Router } from "express"
import { recording } from "./recording.ts"
import type { Vendor } from "./vendors.ts"

/** The duration of an endpoint's outage in milliseconds. */
const outage = 2500

export interface Demo {
  /** The routes for the page, without their prefix. */
  readonly routes: Router
  /** Answers in place of a vendor's endpoint while it is down. */
  readonly downtime: (vendor: string) => RequestHandler
}

/** Makes the demo of a user. */
export const make = async (
  vendors: ReadonlyArray<Vendor>,
  { subject, token }: { readonly subject: string; readonly token: string }
): Promise<Demo> => {
  const speech = Buffer.from(await recording())
  const session = {
    user: subject,
    token,
    emulated: vendors.some(({ emulator }) => emulator !== undefined),
    vendors: vendors.map(({ id, name, problem }) => ({ id, name, problem }))
  }
  const downUntil = new Map<string, number>()
  const routes = Router()
  routes.post("/session", (_, response) => void response.set("cache-control", "no-store").json(session))
  routes.get("/speech.wav", (_, response) => void response.type("audio/wav").send(speech))
  for (const { emulator, id } of vendors) {
    if (emulator === undefined) continue
    const failures = {
      cut: emulator.close,
      expire: emulator.expireAll,
      down: () => void downUntil.set(id, performance.now() + outage)
    }
    for (const [name, fail] of Object.entries(failures)) {
      routes.post(`/failures/${id}/${name}`, (_, response) => {
        fail()
        response.sendStatus(204)
      })
    }
  }
  return {
    routes,
    downtime: (vendor) => (_, response, next) => {
      if (performance.now() < (downUntil.get(vendor) ?? 0)) response.sendStatus(503)
      else next()
    }
  }
}
