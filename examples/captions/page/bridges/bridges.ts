/** The bridges by the provider of a credential; the rest of the page is independent of vendors. */
import type { Bridge } from "./bridge.ts"
import { soniox } from "./soniox.ts"
import { speechmatics } from "./speechmatics.ts"

export const bridges: Readonly<Record<string, Bridge>> = { soniox, speechmatics }
