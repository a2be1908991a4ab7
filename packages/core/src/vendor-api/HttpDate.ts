/** Parsing of HTTP dates by RFC 9110, section 5.6.7. `Date.parse` also accepts text in other formats. */

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"
const month = "(?<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
const time = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`

/** The preferred format, and the two obsolete formats that a recipient must understand. */
const formats = [
  String.raw`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) ${month} (?<year>\d{4}) ${time} GMT`,
  String.raw`(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-${month}-(?<year>\d\d) ${time} GMT`,
  String.raw`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${month} (?<day>\d\d| \d) ${time} (?<year>\d{4})`
].map((format) => new RegExp(`^${format}$`))

const century = 100

/** Expands a two-digit year. A year more than fifty years ahead is moved to the previous century. */
const fullYear = (year: string, now: number): number => {
  if (year.length === 4) return Number(year)
  const thisYear = new Date(now).getUTCFullYear()
  const inThisCentury = thisYear - (thisYear % century) + Number(year)
  return inThisCentury > thisYear + 50 ? inThisCentury - century : inThisCentury
}

/** The last parsed date, cached because all responses within one second have the same date. */
let last: { readonly text: string; readonly at: number } | undefined

/**
 * Parses an HTTP date into epoch milliseconds; `undefined` if it is invalid. `now` decides the
 * century of a two-digit year.
 */
export const parse = (text: string, now: number): number | undefined => {
  if (text === "") return undefined
  if (text === last?.text) return last.at
  const at = read(text, now)
  // Only the preferred format has this length. Obsolete formats are not cached: a two-digit year depends on `now`.
  if (at !== undefined && text.length === fullLength) last = { text, at }
  return at
}

const fullLength = "Sun, 06 Nov 1994 08:49:37 GMT".length

const read = (text: string, now: number): number | undefined => {
  for (const format of formats) {
    const found = format.exec(text)?.groups
    if (found === undefined) continue
    const { day = "", hour = "", minute = "", month: name = "", second = "", year = "" } = found
    const at = new Date(0)
    at.setUTCFullYear(fullYear(year, now), months.indexOf(name) / 3, Number(day))
    const isReal = at.getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60
    return isReal ? at.setUTCHours(Number(hour), Number(minute), Number(second)) : undefined
  }
  return undefined
}
