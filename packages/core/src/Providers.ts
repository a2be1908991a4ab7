/**
 * The choice of a provider by configuration: `TEMPCRED_PROVIDER` names one of the adapters that the app put on the list.
 *
 * ```ts
 * import * as Minter from "@tempcred/core/Minter"
 * import * as Providers from "@tempcred/core/Providers"
 * import { Soniox } from "@tempcred/soniox"
 * import { Speechmatics } from "@tempcred/speechmatics"
 *
 * process.env["TEMPCRED_PROVIDER"] = "speechmatics"
 * const minter = Minter.make(Providers.layerConfig([Soniox.adapter, Speechmatics.adapter]))
 * const credential = await minter.mint({ purpose: "stt.realtime" })
 * console.log(credential.provider) // => speechmatics
 * await minter.close()
 * ```
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Descriptor, ProviderLayer } from "./Adapter.ts"
import { ConfigurationError, fromConfigError } from "./ConfigurationError.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import { TempCredentialProvider } from "./TempCredentialProvider.ts"

const seconds = Schema.DurationFromString.check(
  Schema.makeFilter((length) => Number.isSafeInteger(Duration.toSeconds(length)) && Duration.toSeconds(length) > 0)
)

const Settings = Config.all({
  provider: Config.String("TEMPCRED_PROVIDER").pipe(Config.withDefault(undefined)),
  ttl: Config.schema(seconds, "TEMPCRED_TTL").pipe(Config.withDefault(undefined)),
  timeout: Config.schema(seconds, "TEMPCRED_TIMEOUT").pipe(Config.withDefault(undefined)),
  retries: Config.schema(
    Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: 10 })),
    "TEMPCRED_RETRIES"
  ).pipe(Config.withDefault(undefined))
})

const length = 'must be whole seconds with their unit, such as "60 seconds"'

/** What is allowed, as one sentence for each variable. */
const rules = { TEMPCRED_TTL: length, TEMPCRED_TIMEOUT: length, TEMPCRED_RETRIES: "must be a whole number, 0 to 10" }

/**
 * Builds the provider that configuration names; only that adapter's variables are read. `TEMPCRED_TTL` is the ttl of requests that have none,
 * `TEMPCRED_TIMEOUT` bounds a mint with all its retries, `TEMPCRED_RETRIES` is how often a failed try is repeated.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (adapters: ReadonlyArray<Descriptor>): ProviderLayer =>
  Layer.unwrap(
    Effect.gen(function* () {
      const settings = yield* Effect.mapError(Settings, (error) => fromConfigError(error, rules))
      const adapter = adapters.find((one) => one.id === settings.provider)
      if (adapter === undefined) {
        const known = adapters.map((one) => one.id).join(", ")
        const problem = settings.provider === undefined ? "is not set" : "must name one known provider"
        const message = `${problem}; known are ${known}`
        return yield* new ConfigurationError({ issues: [{ name: "TEMPCRED_PROVIDER", message }] })
      }
      const { retries, timeout } = settings
      const policy = RetryPolicy.layer({
        ...(retries === undefined ? {} : { attempts: retries + 1 }),
        ...(timeout === undefined ? {} : { deadline: timeout })
      })
      return withTtl(settings.ttl).pipe(Layer.provide(adapter.layerConfig), Layer.provide(policy))
    })
  )

/** Fills in the ttl of requests that have none. */
const withTtl = (
  ttl: Duration.Duration | undefined
): Layer.Layer<TempCredentialProvider, never, TempCredentialProvider> =>
  Layer.effect(
    TempCredentialProvider,
    TempCredentialProvider.useSync((provider) =>
      ttl === undefined
        ? provider
        : {
            ...provider,
            mint: (request) =>
              provider.mint(Predicate.isObject(request) ? { ...request, ttl: request.ttl ?? ttl } : request)
          }
    )
  )
