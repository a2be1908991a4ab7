/** A reader of several variables that collects their problems. */
import * as Effect from "effect/Effect"
import { ConfigurationError, type Issue } from "../ConfigurationError.ts"

/** A reader that adds the problems of each variable to `issues` and continues. */
export interface Collector {
  readonly issues: ReadonlyArray<Issue>
  readonly read: <A>(read: Effect.Effect<A | undefined, ConfigurationError>) => Effect.Effect<A | undefined>
}

/** Makes a collector. */
export const collector = (): Collector => {
  const issues: Array<Issue> = []
  const note = (error: ConfigurationError) => {
    issues.push(...error.issues)
    return Effect.succeed(undefined)
  }
  return { issues, read: (read) => Effect.catch(read, note) }
}

/** Reads several variables. Fails with all of their problems at once. */
export const collect = <A>(
  reads: (read: Collector["read"]) => Effect.Effect<A, ConfigurationError>
): Effect.Effect<A, ConfigurationError> =>
  Effect.suspend(() => {
    const { issues, read } = collector()
    return Effect.flatMap(reads(read), (values) =>
      issues.length > 0 ? new ConfigurationError({ issues }) : Effect.succeed(values)
    )
  })
