/** The texts of messages in sources: string literals with spaces, with `…` for each inserted value. */
import { code, sources } from "./workspace.ts"

/** Matches the end of code after which a slash begins a regular expression. */
const beforePattern = /(?:[(,=:!&|?{};[]|\breturn|=>)\s*$/

const pattern = /\/(?![/*])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y

/** Returns the string literals of a source, in order. */
const literalsOf = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  let at = 0
  const read = (end: string): string => {
    let value = ""
    at += 1
    while (at < text.length && text[at] !== end) {
      if (end === "`" && text.startsWith("${", at)) {
        at += 2
        scan(true)
        value += "…"
        continue
      }
      if (text[at] === "\\") {
        value += text[at + 1] === "n" ? "\n" : (text[at + 1] ?? "")
        at += 2
        continue
      }
      value += text[at] ?? ""
      at += 1
    }
    at += 1
    return value
  }
  const scan = (isInner: boolean): void => {
    let depth = 0
    while (at < text.length) {
      const character = text[at] ?? ""
      if (isInner && character === "{") depth += 1
      if (isInner && character === "}") {
        depth -= 1
        if (depth < 0) {
          at += 1
          return
        }
      }
      if (['"', "'", "`"].includes(character)) {
        found.push(read(character))
        continue
      }
      pattern.lastIndex = at
      const expression = character === "/" && beforePattern.test(text.slice(Math.max(0, at - 12), at))
      at += (expression ? pattern.exec(text)?.[0].length : undefined) ?? 1
    }
  }
  scan(false)
  return found
}

/** Sources whose texts are commands, scripts, labels or descriptions. */
const others =
  /^packages\/(emulator|testing)\/|\/(Scripts|HttpDate|ConnectionLine|Cli|Api|Events|Printing|Emulate|commands\/Providers)/

/** Tells whether a literal is the text of a message: it has words, and begins like the rest of a sentence. */
const isMessage = (text: string): boolean =>
  text.length < 300 &&
  /^\S+\s\S/.test(text) &&
  /[a-z]{2}/.test(text) &&
  !/^[A-Z]/.test(text) &&
  !/^[\d.]+ \w+$/.test(text)

/** The messages of all published packages, with the sources that have them. */
export const messages: ReadonlyMap<string, ReadonlyArray<string>> = (() => {
  const found = new Map<string, Array<string>>()
  for (const path of sources.filter((one) => !others.test(one))) {
    for (const text of literalsOf(code(path)).filter(isMessage)) {
      found.set(text, [...(found.get(text) ?? []), path])
    }
  }
  return found
})()
