/** By the provider that a credential names; the rest of the page knows no vendor. */
import type { Bridge } from "./bridge.ts"
import { soniox } from "./soniox.ts"
import { speechmatics } from "./speechmatics.ts"

export const bridges: Readonly<Record<string, Bridge>> = { soniox, speechmatics }
