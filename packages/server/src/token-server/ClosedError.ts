/** What a closed server says to whoever starts it again. */
import * as Schema from "effect/Schema"

/** The server was closed, before or while it was built. */
export class ClosedError extends Schema.TaggedError<ClosedError>()("ClosedError", {}) {
  override get message(): string {
    return "this server is closed: make a new one"
  }
}
