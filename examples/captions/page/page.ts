/** The page: chooses a vendor and a sound, starts and stops the captions, and shows their state. */
import { credentialsOf, session } from "./backend.ts"
import { caption, type State } from "./captioning.ts"
import { makeCaptions } from "./captions.ts"
import { find, keepFocus } from "./dom.ts"
import { makeFailing } from "./failures.ts"
import { makeHistory } from "./history.ts"
import { makeNotice } from "./notice.ts"
import { microphone, recording, type Sound } from "./sound.ts"
import { makeWatch } from "./watch.ts"

const speak = find("speak", HTMLButtonElement)
const sample = find("sample", HTMLButtonElement)
const vendors = find("vendors", HTMLFieldSetElement)
const failures = find("failures", HTMLFieldSetElement)
const status = find("status", HTMLElement)
const level = find("level", HTMLElement)
const captions = makeCaptions(find("captions", HTMLElement))
const notice = makeNotice(find("notice", HTMLElement), speak)
const history = makeHistory(() => watch.changed())
const watch = makeWatch(history)

const states: Readonly<Record<State, string>> = {
  minting: "Asking for a credential",
  connecting: "Connecting",
  listening: "Listening",
  finishing: "Waiting for the last words",
  waiting: "Waiting to try again"
}

/** Stops the current captions, if any. */
let stop: (() => void) | undefined

/** Lets something fail while captions run. */
let fail: ((what: string) => Promise<void>) | undefined

const vendor = (): string => vendors.querySelector("input:checked")?.getAttribute("value") ?? ""

const say = (text: string): void => {
  status.textContent = text
}

const show = (isLive: boolean): void => {
  document.body.classList.toggle("live", isLive)
  speak.textContent = isLive ? "Stop" : "Start speaking"
  keepFocus(() => {
    sample.disabled = isLive
    vendors.disabled = isLive
    failures.disabled = !isLive
  }, speak)
  level.style.removeProperty("--level")
}

const listening = (sound: Sound): Sound => ({
  ...sound,
  listen: (deliver) =>
    sound.listen((piece) => {
      level.style.setProperty("--level", String(Math.min(1, piece.level * 5)))
      deliver(piece)
    })
})

/** Shows an error by its name; stops the sound in any case. */
const transcribe = async (sound: Sound, signal: AbortSignal, again: () => void): Promise<void> => {
  captions.clear()
  history.begin()
  watch.run(true)
  const credentials = makeFailing(vendor(), credentialsOf(vendor()))
  fail = credentials.fail
  try {
    await caption(
      {
        credentials,
        sound: listening(sound),
        history,
        segment: captions.segment,
        say: (state) => say(states[state]),
        hold: notice.hold
      },
      signal
    )
  } catch (error) {
    history.note("bad", String(error))
    const what = error instanceof Error ? error.message : "unknown"
    notice.show(`The captions ended: ${what}.`, [{ label: "Try again", take: again }])
  } finally {
    fail = undefined
    sound.stop()
    watch.run(false)
  }
}

/** Captions a sound until its end or a stop; shows why a sound cannot be opened, or was lost. */
const start = async (hear: (lost: () => void) => Promise<Sound>, refused: (name: string) => void): Promise<void> => {
  const stopping = new AbortController()
  const { signal } = stopping
  stop = () => stopping.abort()
  notice.hide()
  show(true)
  say("Opening the sound")
  let isLost = false
  try {
    const sound = await hear(() => {
      isLost = true
    })
    signal.addEventListener("abort", sound.stop)
    if (signal.aborted) sound.stop()
    else await transcribe(sound, signal, () => void start(hear, refused))
    if (isLost) refused("lost")
  } catch (error) {
    refused(error instanceof Error ? error.name : "unknown")
  } finally {
    stop = undefined
    show(false)
    say("Ready")
  }
}

const startRecording = () =>
  start(recording, (name) => {
    history.note("bad", `No recording: ${name}`)
    notice.show("The recording cannot be played.", [{ label: "Try again", take: () => void startRecording() }])
  })

const refusals: Readonly<Record<string, string>> = {
  NotAllowedError: "The microphone is blocked. Allow it in the site settings of your browser, or use the recording.",
  NotFoundError: "There is no microphone here. Connect one, or use the recording.",
  lost: "The microphone is gone. Connect it again, or use the recording."
}

const startMicrophone = () =>
  start(microphone, (name) => {
    history.note("bad", `No microphone: ${name}`)
    notice.show(refusals[name] ?? "The microphone cannot be used. Try again, or use the recording.", [
      { label: "Use the recording", take: () => void startRecording() },
      { label: "Try again", take: () => void startMicrophone() }
    ])
  })

speak.addEventListener("click", () => (stop === undefined ? void startMicrophone() : stop()))
sample.addEventListener("click", () => void startRecording())
failures.addEventListener("click", ({ target }) => {
  if (!(target instanceof HTMLButtonElement) || fail === undefined) return
  history.note("plain", `On purpose: ${target.textContent}`)
  fail(target.value).catch(() => history.note("bad", "The backend does not answer"))
})

/** Lists the vendors of the backend; the page itself names none. */
const offer = async (): Promise<void> => {
  try {
    const known = await session()
    const choices = known.vendors.map(({ id, name, problem }, index) => {
      const input = Object.assign(document.createElement("input"), {
        type: "radio",
        name: "vendor",
        value: id,
        disabled: problem !== undefined,
        defaultChecked: known.vendors.findIndex((one) => one.problem === undefined) === index
      })
      const label = document.createElement("label")
      label.append(input, Object.assign(document.createElement("span"), { textContent: name }))
      return label
    })
    find("choices", HTMLElement).replaceChildren(...choices)
    const login = `You are ${known.user}.`
    const lacks = known.vendors.flatMap((one) => (one.problem ? `${one.problem}.` : []))
    find("mode", HTMLElement).textContent = known.emulated
      ? `${login} The vendors are emulated: they hear how long you speak, not what, and say the words of the recording.`
      : `${login} The vendors themselves transcribe. ${lacks.join(" ")}`
    failures.hidden = !known.emulated
    speak.disabled = !known.vendors.some(({ problem }) => problem === undefined)
    sample.disabled = speak.disabled
    notice.hide()
    say("Ready")
  } catch {
    say("The backend does not answer")
    notice.show("The page's backend does not answer.", [{ label: "Try again", take: () => void offer() }])
  }
}

show(false)
void offer()
