/** Decompression of response bodies. Some servers compress them although the request does not allow it. */

/**
 * Decompresses a body by its `content-encoding`. Returns `undefined` if the result is larger than
 * `maxBytes`. Returns the body unchanged if the encoding is unknown or does not match the body. It does
 * not match if an HTTP client decompressed the body without removing the header.
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

/** Joins pieces with this total size. */
export const join = (pieces: ReadonlyArray<Uint8Array>, size: number): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/**
 * Returns the platform's name of the format. Some servers send `deflate` without the zlib header.
 * The lower four bits of that header's first byte are 8.
 */
const formatOf = (encoding: string, [first = 0]: Uint8Array): CompressionFormat | undefined => {
  const deflate = (first & 0x0f) === 8 ? "deflate" : "deflate-raw"
  const name = { gzip: "gzip", "x-gzip": "gzip", deflate, br: "brotli" }[encoding]
  return isFormat(name) ? name : undefined
}

/** Narrows the type of a known format, because TypeScript's types lack brotli, which platforms support. */
const isFormat = (name: string | undefined): name is CompressionFormat => name !== undefined
