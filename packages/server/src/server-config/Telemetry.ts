/** OpenTelemetry as its standard variables say, and nothing of it where no endpoint is set. */
import { ConfigurationError } from "@tempcred/core/ConfigurationError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Otlp from "effect/observability/Otlp"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import type { Variables } from "./Variables.ts"

/** The standard's own defaults, which the exporter leaves out, and a name. */
const defaults = { OTEL_TRACES_EXPORTER: "otlp", OTEL_METRICS_EXPORTER: "otlp", OTEL_LOGS_EXPORTER: "otlp" }

/** Exports what the layers that it is provided to emit; the exporter reads further variables from the provider. */
export const layer = (
  variables: Variables,
  provider: ConfigProvider.ConfigProvider
): Layer.Layer<never, ConfigurationError> => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: protocol = "http/protobuf" } = variables
  if (endpoint === undefined) return Layer.empty
  const named = /(^|,)\s*service\.name\s*=/.test(variables.OTEL_RESOURCE_ATTRIBUTES ?? "")
  const fallback = { ...defaults, ...(named ? {} : { OTEL_SERVICE_NAME: "tempcred" }) }
  return Otlp.layerFromConfig().pipe(
    Layer.provide(protocol === "http/json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf),
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(ConfigProvider.layer(ConfigProvider.orElse(provider, ConfigProvider.fromUnknown(fallback)))),
    // The exporter dies of variables that it cannot read, and of nothing else.
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
