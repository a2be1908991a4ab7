/**
 * The token endpoint, from which the clients of an app request short-lived credentials.
 *
 * @since 0.1.0
 */

export * as AccessLog from "./AccessLog.ts"
export * as Authenticator from "./Authenticator.ts"
export * as IssuancePolicy from "./IssuancePolicy.ts"
export * as Limits from "./Limits.ts"
export * as ServerConfig from "./ServerConfig.ts"
export * as TokenServer from "./TokenServer.ts"
