/** Collects microphone samples into pieces, on the audio thread. */
declare const sampleRate: number
declare const registerProcessor: (name: string, processor: typeof Capture) => void
declare class AudioWorkletProcessor {
  readonly port: MessagePort
}

const length = Math.round(sampleRate / 10)

class Capture extends AudioWorkletProcessor {
  samples = new Int16Array(length)
  filled = 0
  energy = 0
  running = true

  constructor() {
    super()
    this.port.addEventListener("message", () => {
      this.running = false
      this.hand()
      this.port.postMessage("last", [])
    })
    this.port.start()
  }

  process([input]: ReadonlyArray<ReadonlyArray<Float32Array>>): boolean {
    for (const sample of input?.[0] ?? []) {
      if (!this.running) break
      this.samples[this.filled] = Math.max(-1, Math.min(1, sample)) * 32_767
      this.energy += sample * sample
      this.filled += 1
      if (this.filled === length) this.hand()
    }
    return this.running
  }

  hand(): void {
    if (this.filled === 0) return
    const samples = this.samples.slice(0, this.filled).buffer
    this.port.postMessage({ samples, level: Math.sqrt(this.energy / this.filled) }, [samples])
    this.filled = 0
    this.energy = 0
  }
}

registerProcessor("capture", Capture)
