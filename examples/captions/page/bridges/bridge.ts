/**
 * What the page needs to know of a vendor's transcription API, which begins where the credential's work ends. An app would use the vendor's own client here.
 */
export interface Bridge {
  /** What is said first on an open connection; audio is mono, in signed 16-bit samples, at this rate. */
  readonly first: (sampleRate: number) => Readonly<Record<string, unknown>>
  /** Whether audio waits until the vendor says that it is ready. */
  readonly waits: boolean
  /** What is said last, after so many pieces of audio. */
  readonly last: (pieces: number) => string
  readonly read: (message: string) => Heard
}

export interface Heard {
  readonly ready?: boolean
  /** Words that stay, to be put after all before them. */
  readonly final?: string
  /** Up to how many seconds of the audio all words are final. */
  readonly settled?: number
  /** Words that may still change, in place of those of the message before. */
  readonly partial?: string
  /** There is nothing more to come. */
  readonly finished?: boolean
  readonly failure?: Failure
}

export interface Failure {
  /** As the vendor calls it. */
  readonly name: string
  /** Whether another connection, with another credential, may fare better. */
  readonly passing: boolean
  /** Whether the vendor refused the credential. */
  readonly refused?: boolean
}
