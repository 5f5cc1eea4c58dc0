/** Returns the first bytes of XSalsa20's key stream (Bernstein, "Extending the Salsa20 nonce"). The key has 32 bytes, the nonce 24. */
export function xsalsa20(key: Uint8Array, nonce: Uint8Array, length: number): Buffer {
  const subkey = hsalsa20(key, nonce.subarray(0, 16))
  const stream = Buffer.alloc(Math.ceil(length / blockLength) * blockLength)
  const position = Buffer.alloc(16)
  position.set(nonce.subarray(16, 24))
  for (let block = 0; block * blockLength < length; block++) {
    position.writeUInt32LE(block, 8)
    const start = createState(subkey, position)
    const end = mix(start)
    end.forEach((word, index) => stream.writeInt32LE((word + start[index]!) | 0, block * blockLength + 4 * index))
  }
  return stream.subarray(0, length)
}

const blockLength = 64

/** Derives a key from a key and 16 bytes: the words of the constants and of the input, after the rounds. */
function hsalsa20(key: Uint8Array, input: Uint8Array): Buffer {
  const state = mix(createState(key, input))
  const subkey = Buffer.alloc(32)
  ;[...constantWords, ...inputWords].forEach((word, index) => subkey.writeInt32LE(state[word]!, 4 * index))
  return subkey
}

// The positions of the three parts in the state of 16 words.
const constantWords = [0, 5, 10, 15]
const keyWords = [1, 2, 3, 4, 11, 12, 13, 14]
const inputWords = [6, 7, 8, 9]

const constants = Buffer.from('expand 32-byte k')

function createState(key: Uint8Array, input: Uint8Array): Int32Array {
  const state = new Int32Array(16)
  const write = (positions: readonly number[], bytes: Uint8Array): void => {
    const words = Buffer.from(bytes)
    positions.forEach((position, index) => (state[position] = words.readInt32LE(4 * index)))
  }
  write(constantWords, constants)
  write(keyWords, key)
  write(inputWords, input)
  return state
}

/** The quarter rounds of a double round: the columns, then the rows. */
const quarterRounds = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const

/** Returns the state after Salsa20's 20 rounds. */
function mix(start: Int32Array): Int32Array {
  const state = Int32Array.from(start)
  const step = (target: number, one: number, other: number, bits: number): void => {
    const sum = (state[one]! + state[other]!) | 0
    state[target]! ^= (sum << bits) | (sum >>> (32 - bits))
  }
  for (let round = 0; round < 10; round++)
    for (const [a, b, c, d] of quarterRounds) {
      step(b, a, d, 7)
      step(c, b, a, 9)
      step(d, c, b, 13)
      step(a, d, c, 18)
    }
  return state
}
