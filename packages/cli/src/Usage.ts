/** What is printed when a command cannot be understood: one line on stderr that repeats no value, as a value may be a secret in the wrong place. */
import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Printing from "./Printing.ts"
import { type Output, ProcessIO } from "./ProcessIO.ts"

const meant = (suggestions: ReadonlyArray<string>): string =>
  suggestions.length === 0 ? "" : `; did you mean ${suggestions.join(" or ")}?`

const sentence = (error: CliError.NonShowHelpErrors): string => {
  switch (error._tag) {
    case "UnrecognizedOption":
      return `there is no flag ${error.option}${meant(error.suggestions)}`
    case "MissingOption":
      return `--${error.option} is missing`
    case "MissingArgument":
      return `<${error.argument}> is missing`
    case "UnexpectedArgument":
      return error.arguments.length === 1
        ? "there is an argument too many"
        : `there are ${error.arguments.length} arguments too many`
    case "InvalidValue":
      return `${error.kind === "flag" ? `--${error.option}` : `<${error.option}>`} must be ${expectation(error)}`
    case "UnknownSubcommand":
      return `there is no such command${meant(error.suggestions)}`
    case "DuplicateOption":
    case "ValidationError":
    case "UserError":
      return error.message
  }
}

/** What the parser of numbers says is a sentence of its own, with the value in it. */
const expectation = ({ expected }: CliError.InvalidValue): string =>
  expected.startsWith("Expected") ? "a whole number" : expected.replaceAll('"', "").replaceAll(" | ", ", ")

const present: CliOutput.Presenter["present"] = Effect.fnUntraced(function* (event) {
  const { stderr, stdout } = yield* ProcessIO
  const formatter = (stream: Output) => CliOutput.defaultFormatter({ colors: Printing.isColoured(stream) })
  switch (event._tag) {
    case "Version":
      return yield* Printing.result(event.version)
    case "Help":
      return yield* event.reason === "Requested"
        ? Printing.result(formatter(stdout).formatHelpDoc(event.helpDoc))
        : Printing.note(formatter(stderr).formatHelpDoc(event.helpDoc))
    case "InvalidInvocation": {
      const paint = yield* Printing.paintNote
      const problems = event.errors.map(sentence).join("; ")
      const advice = `See \`${event.commandPath.join(" ")} --help\`.`
      return yield* Printing.note(`${paint("red", "tempcred:")} ${problems}\n${advice}`)
    }
  }
})

/** Prints help that was asked for to stdout, and everything else to stderr. */
export const layer: Layer.Layer<never> = CliOutput.layerPresenter({ present })
