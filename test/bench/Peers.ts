/** The caches of SDKs from npm, used as their SDKs do, with only the mint replaced. */
import { bearerTokenAuthenticationPolicy, createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline"
import {
  createIsIdentityExpiredFunction,
  doesIdentityRequireRefresh,
  isIdentityExpired,
  memoizeIdentityProvider
} from "@smithy/core"
import { OAuth2Client, type OAuth2ClientOptions } from "google-auth-library"
import { TokenSource } from "livekit-client"
import type { Door, Get } from "./Door.ts"
import type { Vendor } from "./Vendor.ts"

/** They have no scopes, so an app keeps one cache for each scope. */
const door = (name: string, mint: (vendor: Vendor) => Promise<unknown>, open: (vendor: Vendor) => Get): Door => ({
  name,
  open,
  hold: async (vendor, scopes) => {
    const gets = new Map<string, Get>()
    for (let scope = 0; scope < scopes; scope++) {
      const get = open(vendor)
      await get()
      gets.set(`user-${scope}`, get)
    }
    return (subject) => gets.get(subject)?.() ?? Promise.reject(new Error(`nothing is held for ${subject}`))
  },
  bare: async (vendor, scopes) => {
    const credentials: Array<unknown> = []
    for (let scope = 0; scope < scopes; scope++) credentials.push(await mint(vendor))
    return credentials
  }
})

const identity = async (vendor: Vendor) => {
  const { expiresAt, token } = await vendor.mint()
  return { token, expiration: new Date(expiresAt) }
}

const memoized = (name: string, isExpired: typeof isIdentityExpired): Door =>
  door(name, identity, (vendor) => {
    const get = memoizeIdentityProvider(() => identity(vendor), isExpired, doesIdentityRequireRefresh)
    if (get === undefined) throw new Error("memoizeIdentityProvider made nothing of a provider")
    return () => get()
  })

export const aws = memoized("AWS memoizeIdentityProvider", isIdentityExpired)

const accessToken = async (vendor: Vendor) => {
  const { expiresAt, token } = await vendor.mint()
  return { token, expiresOnTimestamp: expiresAt }
}

const scopes = ["acme"]
const none = {}

/** Gets the token cycler from its policy, as it is not exported. */
const cycler = (vendor: Vendor): Get => {
  const gets: Array<Get> = []
  const policy = bearerTokenAuthenticationPolicy({
    credential: { getToken: () => accessToken(vendor) },
    scopes,
    challengeCallbacks: {
      authorizeRequest: async ({ getAccessToken }) => void gets.push(() => getAccessToken(scopes, none))
    }
  })
  const request = createPipelineRequest({ url: "https://acme.example" })
  void policy.sendRequest(request, async () => ({ request, status: 200, headers: createHttpHeaders() }))
  const [get] = gets
  if (get === undefined) throw new Error("the policy did not ask to authorize the request")
  return get
}

export const azure = door("Azure token cycler", accessToken, cycler)

const credentials = async (vendor: Vendor) => {
  const { expiresAt, token } = await vendor.mint()
  return { access_token: token, expiry_date: expiresAt }
}

const handled = (name: string, options: OAuth2ClientOptions = {}): Door =>
  door(name, credentials, (vendor) => {
    const client = new OAuth2Client(options)
    client.refreshHandler = () => credentials(vendor)
    return () => client.getAccessToken()
  })

export const google = handled("Google refreshHandler")

/** The renewal of Google's own tokens, with an HTTP client that responds at once. */
export const googleRefreshToken = door("Google refresh token", credentials, (vendor) => {
  const client = new OAuth2Client({
    credentials: { refresh_token: "long-lived" },
    transporterOptions: {
      fetchImplementation: () =>
        vendor.mint().then(
          ({ token }) => Response.json({ access_token: token, expires_in: vendor.lifeSeconds }),
          () => new Response("{}", { status: 503 })
        )
    }
  })
  return () => client.getAccessToken()
})

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** This client reads the expiry in the JWT. */
const participant = async (vendor: Vendor) => {
  const { expiresAt, token } = await vendor.mint()
  const claims = base64url({ sub: "user-1", jti: token, exp: Math.ceil(expiresAt / 1000) })
  return { serverUrl: "wss://acme.example", participantToken: `${base64url({ alg: "none" })}.${claims}.` }
}

export const livekit = door("LiveKit TokenSource.custom", participant, (vendor) => {
  const source = TokenSource.custom(() => participant(vendor))
  return () => source.fetch({ participantIdentity: "user-1" })
})

export const peers = [aws, azure, google, googleRefreshToken, livekit]

/** Returns the peers with a configurable renewal window, set for a short lifetime; their SDKs keep five minutes. */
export const tuned = (milliseconds: number): ReadonlyArray<Door> => [
  memoized(`AWS, window set to ${milliseconds / 1000} s`, createIsIdentityExpiredFunction(milliseconds)),
  handled(`Google, window set to ${milliseconds / 1000} s`, { eagerRefreshThresholdMillis: milliseconds })
]
