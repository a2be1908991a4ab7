/** The description of an error of the app's code that may be logged. */
import * as Predicate from "effect/Predicate"

/** Describes a defect by its name and places in the code alone. Its message could hold secrets of the app. */
export const describeDefect = (defect: unknown): string => {
  if (!Predicate.isError(defect)) return typeof defect
  const places = (defect.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line))
  return [/^\w+$/.test(defect.name) ? defect.name : "Error", ...places.slice(0, 10)].join("\n")
}
