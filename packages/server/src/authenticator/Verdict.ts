/** What came of a token. */
import { isName } from "@tempcred/core/MintRequest"
import type { Identity } from "../Authenticator.ts"

/** Who presented it, or a hint for the caller that holds nothing of it, or why nobody can tell now. */
export type Verdict =
  | { readonly _tag: "Known"; readonly identity: Identity }
  | { readonly _tag: "Refused"; readonly hint: string }
  | { readonly _tag: "Unavailable"; readonly problem: string }

/** Refuses a token. */
export const refused = (hint: string): Verdict => ({ _tag: "Refused", hint })

/** In characters. */
const longestSubject = 256

/** What a subject must be, as a sentence that goes on from its name. */
export const subjectRule = `must be text of 1 to ${longestSubject} characters, in well-formed Unicode`

/** Whether a value can be a subject. */
export const isSubject = (value: unknown): value is string => isName(value) && value.length <= longestSubject
