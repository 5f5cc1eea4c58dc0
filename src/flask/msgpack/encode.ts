// Encodes MessagePack as Flask-Session does: the shortest form of integers, texts, bytes, lists and maps, and eight bytes for
// floats (https://github.com/msgpack/msgpack/blob/master/spec.md).

/** Marks an integer that does not fit 64 bits, which only JSON can have. It exists in memory only: MessagePack has no such byte. */
export const bigIntegerByte = 0xc1

const minInteger = -(2n ** 63n)
const maxInteger = 2n ** 64n - 1n

/** Returns whether MessagePack can represent an integer. */
export const fitsMsgpack = (value: bigint): boolean => value >= minInteger && value <= maxInteger

export function encodePlain(value: null | boolean | string | number | bigint): Buffer {
  if (value === null) return Buffer.from([0xc0])
  if (typeof value === 'boolean') return Buffer.from([value ? 0xc3 : 0xc2])
  if (typeof value === 'string') return encodeText(value)
  return encodeInteger(BigInt(value))
}

export function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text)
  const { length } = bytes
  return Buffer.concat([length < 32 ? Buffer.from([0xa0 + length]) : encodeLength([0xd9, 0xda, 0xdb], length), bytes])
}

export const encodeBytes = (bytes: Uint8Array): Buffer =>
  Buffer.concat([encodeLength([0xc4, 0xc5, 0xc6], bytes.length), bytes])

export function encodeFloat(value: number): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = 0xcb
  bytes.writeDoubleBE(value, 1)
  return bytes
}

export function encodeInteger(value: bigint): Buffer {
  if (!fitsMsgpack(value)) return Buffer.concat([Buffer.from([bigIntegerByte]), encodeText(String(value))])
  const bytes = Buffer.alloc(9)
  if (value < 0n) bytes.writeBigInt64BE(value, 1)
  else bytes.writeBigUInt64BE(value, 1)
  if (value >= -32n && value < 128n) return bytes.subarray(8)
  const forms = value < 0n ? [0xd0, 0xd1, 0xd2, 0xd3] : [0xcc, 0xcd, 0xce, 0xcf]
  const size = [1, 2, 4, 8].findIndex((width) => fitsBits(value, BigInt(width * 8)))
  const form = bytes.subarray(8 - 2 ** size)
  form[0] = forms[size]!
  return form
}

const fitsBits = (value: bigint, bits: bigint): boolean =>
  value < 0n ? BigInt.asIntN(Number(bits), value) === value : value < 2n ** bits

/** Encodes a timestamp of 32, 64 or 96 bits: the extension −1. */
export function encodeDate(milliseconds: number): Buffer {
  const seconds = Math.floor(milliseconds / 1000)
  const nanoseconds = (milliseconds - seconds * 1000) * 1_000_000
  if (seconds >= 0 && seconds < 2 ** 34) {
    const word = (BigInt(nanoseconds) << 34n) | BigInt(seconds)
    const bytes = Buffer.alloc(10)
    bytes.writeBigUInt64BE(word, 2)
    const isShort = word < 2n ** 32n
    return Buffer.concat([Buffer.from([isShort ? 0xd6 : 0xd7, 0xff]), bytes.subarray(isShort ? 6 : 2)])
  }
  const bytes = Buffer.alloc(15)
  bytes.set([0xc7, 12, 0xff])
  bytes.writeUInt32BE(nanoseconds, 3)
  bytes.writeBigInt64BE(BigInt(seconds), 7)
  return bytes
}

export const encodeList = (items: readonly Buffer[]): Buffer =>
  Buffer.concat([encodeHead(items.length, 0x90, 0xdc), ...items])

export const encodeMap = (members: readonly (readonly [key: Buffer, value: Buffer])[]): Buffer =>
  Buffer.concat([encodeHead(members.length, 0x80, 0xde), ...members.flat()])

function encodeHead(length: number, short: number, long: number): Buffer {
  return length < 16 ? Buffer.from([short + length]) : encodeLength([-1, long, long + 1], length)
}

/** Encodes a length: the first byte names the size of the length, and the length follows. */
function encodeLength(forms: readonly [one: number, two: number, four: number], length: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.writeUInt32BE(length, 1)
  const [at, form] = length < 256 && forms[0] >= 0 ? [3, forms[0]] : length < 65_536 ? [2, forms[1]] : [0, forms[2]]
  bytes[at] = form
  return bytes.subarray(at)
}
