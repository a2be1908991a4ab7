/** The error of options that cannot be used. Code without types can pass anything. */
import type { ConfigurationIssue } from "../plain/types.ts"

/** Options that cannot be used, by the names that users write. */
export class Misuse extends Error {
  readonly issues: ReadonlyArray<ConfigurationIssue>

  constructor(...issues: ReadonlyArray<ConfigurationIssue>) {
    super("options cannot be used")
    this.issues = issues
  }
}

/** Makes the error of one option. */
export const misuse = (name: string, message: string): Misuse => new Misuse({ name, message })

/** Throws when an object of options has an unknown one, which could be a misspelt limit. */
export const requireKnown = (name: string, options: object | undefined, known: ReadonlyArray<string>): void => {
  const unknown = Object.keys(options ?? {}).filter((option) => !known.includes(option))
  if (unknown.length === 0) return
  const message = `is not an option; the options are ${known.join(", ")}`
  throw new Misuse(...unknown.map((option) => ({ name: `${name}.${option.slice(0, 40)}`, message })))
}
