/** The body of an answer that is compressed although the request declined that. */

/**
 * Decompresses a body by its `content-encoding`, to at most so many bytes. A body that is not compressed so, or in a way that the platform does not know,
 * is given back as it is, since some clients decompress by themselves and leave the header. There is no body where it is over the limit.
 */
export const decompress = async (
  bytes: Uint8Array<ArrayBuffer>,
  encoding: string,
  maxBytes: number
): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  const format = formatOf(encoding.trim().toLowerCase(), bytes)
  if (format === undefined) return bytes
  const pieces: Array<Uint8Array<ArrayBuffer>> = []
  let size = 0
  try {
    const body = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format))
    const reader = body.getReader()
    for (let next = await reader.read(); next.value !== undefined; next = await reader.read()) {
      size += next.value.length
      if (size > maxBytes) {
        await reader.cancel()
        return undefined
      }
      pieces.push(next.value)
    }
  } catch {
    return bytes
  }
  return join(pieces, size)
}

/** Joins pieces of this size in all. */
export const join = (pieces: ReadonlyArray<Uint8Array>, size: number): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** Names the format as the platform does. Some servers leave out the header of zlib, whose first byte has an 8 in its lower half. */
const formatOf = (encoding: string, [first = 0]: Uint8Array): CompressionFormat | undefined => {
  const deflate = (first & 0x0f) === 8 ? "deflate" : "deflate-raw"
  const name = { gzip: "gzip", "x-gzip": "gzip", deflate, br: "brotli" }[encoding]
  return isFormat(name) ? name : undefined
}

/** Platforms know brotli before their types do. */
const isFormat = (name: string | undefined): name is CompressionFormat => name !== undefined
