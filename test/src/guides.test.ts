/** The programs of the guides that run on Node. Those of other runtimes are in `guides.e2e.test.ts`. */
import { it } from "vitest"
import { tryOut } from "./support/guide-requests.ts"
import { onNode } from "./support/guides.ts"

it.each(onNode)("the program $file of $page serves credentials to authenticated users only", tryOut)
