/** Conversion of `ConfigError` into `ConfigurationError`. */
import type * as Config from "effect/Config"
import * as SchemaIssue from "effect/SchemaIssue"
import { ConfigurationError } from "../ConfigurationError.ts"

/** Messages of `Config` about an unset variable. Every set variable is a string. */
const absent = new Set(["Missing key", "Expected string"])

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** Converts a `ConfigError` into one issue per variable. */
export const fromConfigError = (error: Config.ConfigError): ConfigurationError =>
  new ConfigurationError({
    issues:
      error.cause._tag === "SchemaError"
        ? format(error.cause.issue).issues.map((issue) => {
            const name = (issue.path ?? []).map(String).join("_") || "configuration"
            return { name, message: absent.has(issue.message) ? "is not set" : `is not valid: ${issue.message}` }
          })
        : [{ name: "configuration", message: "cannot be read" }]
  })
