/** Returns the Poly1305 tag of a message (RFC 8439 section 2.5). Each key must be used for one message only. */
export function poly1305(message: Uint8Array, key: Uint8Array): Buffer {
  const r = readNumber(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  const s = readNumber(key.subarray(16, 32))
  let sum = 0n
  for (let start = 0; start < message.length; start += 16) {
    const block = message.subarray(start, start + 16)
    // A one above the highest byte, so that a shorter block differs from one with zeros.
    sum = ((sum + readNumber(block) + (1n << BigInt(8 * block.length))) * r) % prime
  }
  return writeNumber(sum + s)
}

const prime = (1n << 130n) - 5n

/** Reads at most 16 bytes as a number, lowest byte first. */
function readNumber(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes.toReversed()).toString('hex')
  return hex === '' ? 0n : BigInt(`0x${hex}`)
}

/** Writes the lowest 16 bytes of a number, lowest byte first. */
function writeNumber(number: bigint): Buffer {
  const hex = (number & ((1n << 128n) - 1n)).toString(16).padStart(32, '0')
  return Buffer.from(Buffer.from(hex, 'hex').toReversed())
}
