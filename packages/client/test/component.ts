/** A component with the hook, and sockets that do what a test says. */
import type { Request } from "@tempcred/client"
import {
  useConnection,
  type Credentials,
  type UseConnectionOptions,
  type UseConnectionResult
} from "@tempcred/client/react"
import { act, createElement, StrictMode } from "react"
import { create, type ReactTestRenderer } from "react-test-renderer"
import { assert, onTestFinished, vi } from "vitest"
import { pass } from "./page.ts"

/** A socket that opens, speaks and closes when a test says so. */
export class Scripted extends EventTarget {
  readyState = 0
  readonly sent: Array<string> = []
  readonly url: string
  readonly protocols: ReadonlyArray<string>
  constructor(url: string, protocols: ReadonlyArray<string>) {
    super()
    this.url = url
    this.protocols = protocols
    made.push(this)
  }
  send(text: string) {
    this.sent.push(text)
  }
  close() {
    if (this.readyState < 2) this.readyState = 2
    // A browser tells it in a later task.
    setTimeout(() => this.closes(1005))
  }
  opens() {
    this.readyState = 1
    this.dispatchEvent(new Event("open"))
  }
  says(data: string) {
    this.dispatchEvent(new MessageEvent("message", { data }))
  }
  closes(code: number, reason = "") {
    if (this.readyState === 3) return
    this.readyState = 3
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }))
  }
}

let made: Array<Scripted> = []

/** Replaces the platform's WebSocket for the rest of a test; returns the sockets in the order of their construction. */
export const sockets = (): ReadonlyArray<Scripted> => {
  made = []
  vi.stubGlobal("WebSocket", Scripted)
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true)
  // Silences the deprecation notice of the renderer, which is the only one that needs no DOM.
  vi.stubGlobal("IS_REACT_NATIVE_TEST_ENVIRONMENT", true)
  onTestFinished(() => void vi.unstubAllGlobals())
  return made
}

interface Props {
  readonly credentials: Credentials
  readonly request?: Request
  readonly options?: UseConnectionOptions
}

/** Renders the component, and returns what its last render had. */
export const render = async (first: Props, isStrict: boolean) => {
  const renders: Array<UseConnectionResult> = []
  const Component = ({ credentials, options = {}, request = { purpose: "stt.realtime" } }: Props) => {
    // The literals are new objects in every render.
    renders.push(useConnection(credentials, { ...request }, { ...options }))
    return null
  }
  const element = (props: Props) => {
    const component = createElement(Component, props)
    return isStrict ? createElement(StrictMode, null, component) : component
  }
  let shown: ReactTestRenderer | undefined
  const run = (change: () => void) =>
    act(async () => {
      change()
      await pass(0)
    })
  await run(() => {
    shown = create(element(first))
  })
  const now = () => renders.at(-1) ?? assert.fail("nothing was rendered")
  return {
    now,
    renders,
    run,
    start: () => run(() => now().start()),
    stop: () => run(() => now().stop()),
    update: (props: Props) => run(() => shown?.update(element(props))),
    unmount: () => run(() => shown?.unmount())
  }
}
