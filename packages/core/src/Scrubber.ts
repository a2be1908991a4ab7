/**
 * Finds long-lived keys in text from vendors, in every usual encoding. Encodings are percent-encoding
 * (any letter case, repeated), form encoding, HTML entities and JSON escapes, also nested. Keys in
 * base64 or base64url are found at any offset, with or without line ends.
 */
import * as Base64 from "effect/encoding/Base64"
import * as Redacted from "effect/Redacted"

/** The minimum length of a real key. Shorter keys are not searched in base64, where they match by chance. */
const realLength = 8

/** Replaces keys in every encoding by `<redacted>`. */
export const scrub = (text: string, keys: ReadonlyArray<Redacted.Redacted>): string => {
  const readings = read(text)
  const needles = keys.flatMap(needlesOf)
  const ranges = readings.flatMap((reading) => needles.flatMap((needle) => find(reading, needle)))
  let end = 0
  let clean = ""
  for (const range of ranges.toSorted((one, other) => one.start - other.start)) {
    if (range.start >= end) clean += `${text.slice(end, range.start)}<redacted>`
    end = Math.max(end, range.end)
  }
  return clean + text.slice(end)
}

/**
 * Tells whether text contains one of the keys in any encoding. A key under 8 characters must be the
 * whole text.
 */
export const holds = (text: string, keys: ReadonlyArray<Redacted.Redacted>): boolean => {
  const readings = read(text)
  return keys.some((key) => {
    const value = Redacted.value(key)
    if (value.length < realLength) return text === value
    const needles = needlesOf(key)
    return readings.some(({ folded }) => needles.some((needle) => folded.includes(needle.folded)))
  })
}

/** A form of a key to search for. `before` is the number of preceding characters that also depend on the key. */
interface Needle {
  readonly folded: string
  readonly before: number
  readonly isBase64: boolean
}

const known = new WeakMap<Redacted.Redacted, ReadonlyArray<Needle>>()

const needlesOf = (key: Redacted.Redacted): ReadonlyArray<Needle> => {
  const needles = known.get(key) ?? makeNeedles(Redacted.value(key))
  known.set(key, needles)
  return needles
}

const makeNeedles = (key: string): ReadonlyArray<Needle> => {
  if (key === "") return []
  // The key itself may look like encoded text.
  const plain = unescapings(original(key)).map(({ folded }): Needle => ({ folded, before: 0, isBase64: false }))
  return key.length < realLength ? plain : [...plain, ...[0, 1, 2].map((offset) => encodedAt(key, offset))]
}

/**
 * Encodes a key in base64 as a part of a longer text. `offset` is the number of preceding bytes modulo
 * 3. Omits the characters that also depend on neighbouring bytes.
 */
const encodedAt = (key: string, offset: number): Needle => {
  const whole = Base64.encode("x".repeat(offset) + key).replace(/=+$/, "")
  const before = offset === 0 ? 0 : offset + 1
  return { folded: fold(whole.slice(before, whole.length % 4 === 0 ? undefined : -1)), before, isBase64: true }
}

/** Maps the characters that differ between base64, base64url and form encoding to the same ones. */
const fold = (text: string): string => (/[+_-]/.test(text) ? text.replaceAll(/[+-]/g, " ").replaceAll("_", "/") : text)

/** Text, plain or decoded, with the position of each character in the original. */
interface Reading {
  readonly plain: string
  readonly folded: string
  readonly startOf: (index: number) => number
}

const escapes =
  /%(?:25)*([0-9a-f]{2})|&(?:amp;)*#x0*([0-9a-f]{1,4});|&(?:amp;)*#0*(\d{1,5});|&(?:amp;)*([a-z]+);|\\u00([0-9a-f]{2})|\\x([0-9a-f]{2})|\\(["'\\/nrt])/gi

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  sol: "/",
  plus: "+",
  equals: "=",
  period: ".",
  lowbar: "_",
  colon: ":",
  nbsp: " "
}

/** The maximum number of nested encodings that are removed. */
const mostRounds = 4

const original = (text: string): Reading => ({ plain: text, folded: fold(text), startOf: (index) => index })

/** Returns text unchanged, unescaped once or more times, and each of these without line ends. */
const read = (text: string): ReadonlyArray<Reading> => {
  const readings = unescapings(original(text))
  const wrapped = readings.filter(({ plain }) => /[\r\n]/.test(plain))
  return [...readings, ...wrapped.map((reading) => replaceIn(reading, /[\r\n]\s*/g, () => ""))]
}

/** Unescapes until nothing changes, at most `rounds` times. Returns each step. */
const unescapings = (reading: Reading, rounds: number = mostRounds): ReadonlyArray<Reading> => {
  if (rounds === 0 || !/[%&\\]/.test(reading.plain)) return [reading]
  const next = replaceIn(reading, escapes, (match) => unescape(match) ?? match[0].slice(0, 1))
  return next.plain === reading.plain ? [reading] : [reading, ...unescapings(next, rounds - 1)]
}

/** Replaces matches. Each character keeps its place in the original text. */
const replaceIn = (from: Reading, pattern: RegExp, by: (match: RegExpExecArray) => string): Reading => {
  const starts: Array<number> = []
  let plain = ""
  const take = (characters: string, start: number, step: number) => {
    plain += characters
    for (let index = 0; index < characters.length; index++) starts.push(from.startOf(start + index * step))
  }
  let end = 0
  for (const match of from.plain.matchAll(pattern)) {
    take(from.plain.slice(end, match.index), end, 1)
    take(by(match), match.index, 0)
    end = match.index + match[0].length
  }
  take(from.plain.slice(end), end, 1)
  const last = from.startOf(from.plain.length)
  return { plain, folded: fold(plain), startOf: (index) => starts[index] ?? last }
}

const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" }

const unescape = (groups: Readonly<Record<number, string | undefined>>): string | undefined => {
  const hex = groups[1] ?? groups[2] ?? groups[5] ?? groups[6]
  if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
  if (groups[3] !== undefined) return String.fromCharCode(Number(groups[3]))
  if (groups[7] !== undefined) return controls[groups[7]] ?? groups[7]
  return entities[groups[4]?.toLowerCase() ?? ""]
}

const find = ({ folded, plain, startOf }: Reading, needle: Needle): ReadonlyArray<{ start: number; end: number }> => {
  const ranges: Array<{ start: number; end: number }> = []
  const { before, isBase64 } = needle
  for (let at = folded.indexOf(needle.folded); at >= 0;) {
    let first = at
    let end = at + needle.folded.length
    if (isBase64) {
      while (first > at - before && /[\w+/-]/.test(plain.charAt(first - 1))) first -= 1
      end += /^[\w+/-]{0,2}={0,2}/.exec(plain.slice(end, end + 4))?.[0].length ?? 0
    }
    ranges.push({ start: startOf(first), end: startOf(end) })
    at = folded.indexOf(needle.folded, end)
  }
  return ranges
}
