/** The page's view of a vendor's transcription API. An app would use the vendor's own client here. */
export interface Bridge {
  /** Makes the first message of a connection, for mono audio in signed 16-bit samples at this rate. */
  readonly first: (sampleRate: number) => Readonly<Record<string, unknown>>
  /** True if audio must wait for the vendor's ready message. */
  readonly waits: boolean
  /** Makes the last message, after this number of pieces of audio. */
  readonly last: (pieces: number) => string
  readonly read: (message: string) => Heard
}

export interface Heard {
  readonly ready?: boolean
  /** Final words, to append. */
  readonly final?: string
  /** The number of seconds of audio up to which all words are final. */
  readonly settled?: number
  /** Words that can still change; they replace those of the previous message. */
  readonly partial?: string
  /** True for the last message. */
  readonly finished?: boolean
  readonly failure?: Failure
}

export interface Failure {
  /** The vendor's name of the error. */
  readonly name: string
  /** True if another connection with another credential may succeed. */
  readonly passing: boolean
  /** True if the vendor refused the credential. */
  readonly refused?: boolean
}
