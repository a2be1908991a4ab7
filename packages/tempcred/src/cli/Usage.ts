/** Help, and errors of the command line. An error repeats no value, because it may be a secret in the wrong place. */
import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Printing from "./Printing.ts"
import { type Output, ProcessIO } from "./ProcessIO.ts"
import { breakLines } from "./Table.ts"

const didYouMean = (suggestions: ReadonlyArray<string>): string =>
  suggestions.length === 0 ? "" : `; did you mean ${suggestions.join(" or ")}?`

const messageOf = (error: CliError.NonShowHelpErrors): string => {
  switch (error._tag) {
    case "UnrecognizedOption":
      return `unknown flag ${error.option}${didYouMean(error.suggestions)}`
    case "MissingOption":
      return `--${error.option} is required`
    case "MissingArgument":
      return `<${error.argument}> is required`
    case "UnexpectedArgument":
      return error.arguments.length === 1 ? "unexpected argument" : `${error.arguments.length} unexpected arguments`
    case "InvalidValue":
      return `${error.kind === "flag" ? `--${error.option}` : `<${error.option}>`} must be ${expectation(error)}`
    case "UnknownSubcommand":
      return `unknown command${didYouMean(error.suggestions)}`
    case "DuplicateOption":
    case "ValidationError":
    case "UserError":
      return error.message
  }
}

/** The number parser's message is a sentence that contains the value. */
const expectation = ({ expected }: CliError.InvalidValue): string =>
  expected.startsWith("Expected") ? "a whole number" : expected.replaceAll('"', "").replaceAll(" | ", ", ")

/** Breaks the descriptions of flags and commands to the width of the terminal, each below its first line. */
const wrap = (help: string, width: number): string =>
  help
    .split("\n")
    .map((line) => {
      const [, name = "", description = line] = /^( {2}\S.*? {2,})(.*)$/.exec(line) ?? []
      const indent = CliOutput.displayWidth(name)
      return name + breakLines(description, width - indent).join(`\n${" ".repeat(indent)}`)
    })
    .join("\n")

const present: CliOutput.Presenter["present"] = Effect.fnUntraced(function* (event) {
  const { stderr, stdout } = yield* ProcessIO
  const help = (stream: Output, doc: Parameters<CliOutput.Formatter["formatHelpDoc"]>[0]) =>
    wrap(
      CliOutput.defaultFormatter({ colors: Printing.hasColours(stream), globalFlags: "none" }).formatHelpDoc(doc),
      Printing.widthOf(stream)
    )
  switch (event._tag) {
    case "Version":
      return yield* Printing.result(event.version)
    case "Help":
      return yield* event.reason === "Requested"
        ? Printing.result(help(stdout, event.helpDoc))
        : Printing.note(help(stderr, event.helpDoc))
    case "InvalidInvocation": {
      const paint = yield* Printing.paintNote
      const problems = event.errors.map(messageOf).join("; ")
      const advice = `See \`${event.commandPath.join(" ")} --help\`.`
      return yield* Printing.note(`${paint("red", "tempcred:")} ${problems}\n${advice}`)
    }
  }
})

/** Prints requested help to stdout, and unrequested help and errors to stderr. */
export const layer: Layer.Layer<never> = CliOutput.layerPresenter({ present })
