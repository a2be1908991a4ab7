/** Export of traces, metrics and logs by OpenTelemetry's standard variables, if they name an endpoint. */
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Otlp from "effect/observability/Otlp"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import type { Variables } from "./Variables.ts"

/** Defaults of the standard that the exporter lacks. */
const defaults = { OTEL_TRACES_EXPORTER: "otlp", OTEL_METRICS_EXPORTER: "otlp", OTEL_LOGS_EXPORTER: "otlp" }

/** Exports the telemetry of the layers that it is provided to. The exporter reads further variables from the provider. */
export const layer = (
  { attributes = "", endpoint, protocol = "http/protobuf" }: Variables["telemetry"],
  provider: ConfigProvider.ConfigProvider
): Layer.Layer<never, ConfigurationError> => {
  if (endpoint === undefined) return Layer.empty
  const named = /(^|,)\s*service\.name\s*=/.test(attributes)
  const fallback = { ...defaults, ...(named ? {} : { OTEL_SERVICE_NAME: "tempcred" }) }
  return Otlp.layerFromConfig().pipe(
    Layer.provide(protocol === "http/json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf),
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(ConfigProvider.layer(ConfigProvider.orElse(provider, ConfigProvider.fromUnknown(fallback)))),
    // Invalid variables are the exporter's only defects.
    Layer.catchCause(() => Layer.effectDiscard(Effect.fail(unreadable)))
  )
}

const unreadable = new ConfigurationError({
  issues: [
    {
      name: "OTEL_*",
      message: "must be as https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables says"
    }
  ]
})
