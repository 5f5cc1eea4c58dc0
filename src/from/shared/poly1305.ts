/**
 * Returns the Poly1305 tag of a message (RFC 8439 section 2.5). Each key must be used for one message only.
 *
 * Numbers have six limbs of 22 bits, lowest first, so that all products and sums are below 2^53.
 */
export function poly1305(message: Uint8Array, key: Uint8Array): Buffer {
  const r = readLimbs(clamp(key.subarray(0, 16)))
  const sum = [0, 0, 0, 0, 0, 0]
  const block = Buffer.alloc(17)
  for (let start = 0; start < message.length; start += 16) {
    const bytes = message.subarray(start, start + 16)
    block.fill(0)
    block.set(bytes)
    // A one above the highest byte, so that a shorter block differs from one with zeros.
    block[bytes.length] = 1
    readLimbs(block).forEach((limb, index) => (sum[index]! += limb))
    multiply(sum, r)
  }
  const total = sum.reduce((number, limb, index) => number + (BigInt(limb) << BigInt(22 * index)), 0n) % prime
  return writeNumber(total + readNumber(key.subarray(16, 32)))
}

const prime = (1n << 130n) - 5n
const limbSize = 2 ** 22
const limbMask = limbSize - 1

/** Clears the bits of r that the algorithm requires to be zero. */
function clamp(bytes: Uint8Array): Buffer {
  const clamped = Buffer.alloc(17)
  bytes.forEach((byte, index) => {
    const mask = index % 4 === 3 ? 0x0f : index % 4 === 0 && index > 0 ? 0xfc : 0xff
    clamped[index] = byte & mask
  })
  return clamped
}

/** Reads 17 bytes, the last of which has at most its lowest bit, as six limbs. */
function readLimbs(bytes: Buffer): readonly number[] {
  const [a, b, c, d] = [0, 4, 8, 12].map((at) => bytes.readUInt32LE(at)) as [number, number, number, number]
  return [
    a & limbMask,
    (a >>> 22) | ((b & 0xfff) << 10),
    (b >>> 12) | ((c & 0x3) << 20),
    (c >>> 2) & limbMask,
    (c >>> 24) | ((d & 0x3fff) << 8),
    (d >>> 14) | (bytes[16]! << 18),
  ]
}

/** Multiplies a number by r, modulo 2^132 - 20: a multiple of the prime. The limbs stay little larger than 22 bits. */
function multiply(number: number[], r: readonly number[]): void {
  const product = [0, 0, 0, 0, 0, 0]
  for (let one = 0; one < 6; one++)
    for (let other = 0; other < 6; other++) {
      const at = one + other
      const value = number[one]! * r[other]!
      // 2^132 is 20 modulo the prime.
      if (at < 6) product[at]! += value
      else product[at - 6]! += 20 * value
    }
  for (let index = 0; index < 6; index++) carry(product, index)
  carry(product, 0)
  product.forEach((limb, index) => (number[index] = limb))
}

/** Moves the bits of a limb above the 22nd to the next one. */
function carry(limbs: number[], index: number): void {
  const high = Math.floor(limbs[index]! / limbSize)
  limbs[index]! -= high * limbSize
  if (index < 5) limbs[index + 1]! += high
  else limbs[0]! += 20 * high
}

/** Reads 16 bytes as a number, lowest byte first. */
function readNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.toReversed()).toString('hex')}`)
}

/** Writes the lowest 16 bytes of a number, lowest byte first. */
function writeNumber(number: bigint): Buffer {
  const hex = (number & ((1n << 128n) - 1n)).toString(16).padStart(32, '0')
  return Buffer.from(Buffer.from(hex, 'hex').toReversed())
}
