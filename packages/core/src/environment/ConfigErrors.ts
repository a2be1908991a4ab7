/** The errors of `Config` as configuration errors. */
import type * as Config from "effect/Config"
import * as SchemaIssue from "effect/SchemaIssue"
import { ConfigurationError } from "../ConfigurationError.ts"

/** Messages of `Config` that mean that a variable is not set: every value in an environment is a string. */
const absent = new Set(["Missing key", "Expected string"])

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** Converts a `ConfigError` into issues by variable name. */
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
