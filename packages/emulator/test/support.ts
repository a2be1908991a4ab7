import type { Clock, Emulator } from "../src/Emulator.ts"

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves the clock forward and runs the alarms that are due. */
  readonly advance: (milliseconds: number) => void
  /** Waits until an alarm is set. */
  readonly alarm: () => Promise<void>
}

/** Lets a test wait for conditions, which are checked at each notice. */
export const makeNotices = () => {
  const checks = new Set<() => void>()
  return {
    notify: () => checks.forEach((check) => check()),
    until: (condition: () => boolean) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (!condition()) return
          checks.delete(check)
          resolve()
        }
        checks.add(check)
        check()
      })
  }
}

/** Makes a clock that stands still, at a fixed date by default. */
export const manualClock = (start = Date.UTC(2026, 10, 21)): ManualClock => {
  const alarms = new Set<{ readonly at: number; readonly run: () => void }>()
  const { notify, until } = makeNotices()
  let now = start
  return {
    now: () => now,
    after: (milliseconds, run) => {
      const alarm = { at: now + milliseconds, run }
      alarms.add(alarm)
      notify()
      return () => void alarms.delete(alarm)
    },
    alarm: () => until(() => alarms.size > 0),
    advance: (milliseconds) => {
      const end = now + milliseconds
      for (;;) {
        const [next] = [...alarms].filter((alarm) => alarm.at <= end).toSorted((one, two) => one.at - two.at)
        if (next === undefined) break
        alarms.delete(next)
        now = Math.max(now, next.at)
        next.run()
      }
      now = end
    }
  }
}

/** What a vendor sent, as far as a test looks at it. */
export interface Frame {
  readonly [field: string]: unknown
  readonly tokens?: ReadonlyArray<{
    readonly [field: string]: unknown
    readonly text: string
    readonly is_final: boolean
  }>
}

/** A connection without a network. */
export interface Dialled {
  readonly protocol: string | undefined
  readonly frames: ReadonlyArray<Frame>
  /** The code that the vendor closed with; 1006 where it cut the connection. */
  readonly code: () => number | undefined
  /** What the vendor said when it closed. */
  readonly reason: () => string | undefined
  readonly send: (message: object | string | Uint8Array) => void
  readonly hangUp: () => void
}

export const dial = async (
  emulator: Emulator,
  url: string,
  options: { readonly headers?: Record<string, string>; readonly region?: string } = {}
): Promise<Dialled> => {
  const headers = options.headers ?? {}
  const session = await emulator.connect(new Request(new URL(url, "http://emulator.test"), { headers }), options.region)
  if (session instanceof Response) throw new Error(`refused with ${session.status}`)
  const frames: Array<Frame> = []
  let code: number | undefined
  let reason: string | undefined
  const end = (with_: number, said?: string) => {
    if (code !== undefined) return
    code = with_
    reason = said
    session.closed()
  }
  session.open({
    send: (data) => {
      if (code === undefined) frames.push(JSON.parse(typeof data === "string" ? data : new TextDecoder().decode(data)))
    },
    close: end,
    destroy: () => end(1006)
  })
  return {
    protocol: session.protocol,
    frames,
    code: () => code,
    reason: () => reason,
    send: (message) =>
      session.message(typeof message === "string" || message instanceof Uint8Array ? message : JSON.stringify(message)),
    hangUp: () => end(1005)
  }
}
