/** The programs of the guides that run on other runtimes than Node. */
import { it } from "vitest"
import { tryOut } from "./support/guide-requests.ts"
import { elsewhere } from "./support/guides.ts"

it.for(elsewhere)("the program of $page serves credentials to authenticated users only", async (guide, { skip }) => {
  if (guide.path !== undefined) return tryOut(guide)
  // `runtimes.e2e.test.ts` fails for a missing runtime where services are required.
  return skip(`${guide.runtime} is not on this machine`)
})
