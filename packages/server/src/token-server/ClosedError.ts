/**
 * What a closed server says to whoever starts it again.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The server was closed, before or while it was built.
 *
 * @category errors
 * @since 0.1.0
 */
export class ClosedError extends Schema.TaggedError<ClosedError>()("ClosedError", {}) {
  override get message(): string {
    return "this server is closed: make a new one"
  }
}
