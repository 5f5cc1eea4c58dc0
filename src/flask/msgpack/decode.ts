import { bigIntegerByte, encodeFloat, encodePlain } from './encode.ts'
import {
  bytesToText,
  sourceBytes,
  type ByteRange,
  type MsgpackMember,
  type MsgpackNode,
  type MsgpackNodeKind,
} from './msgpack-node.ts'

/** How many levels of lists and maps may be nested. */
export const maxMsgpackDepth = 500

// Python's dates are in the years 1 to 9999.
const [minSeconds, maxSeconds] = [-62_135_596_800n, 253_402_300_799n]

/**
 * Decodes a MessagePack value in any encoding that Flask-Session accepts. `allowBigIntegers` is for bytes that we encoded in
 * memory: only those may contain integers of any size.
 *
 * This is one closure because all its functions advance the same position in the bytes.
 *
 * @throws if the bytes are cut short, have bytes after the value, are not UTF-8, or are nested too deeply
 */
export function decodeMsgpack(bytes: Buffer, allowBigIntegers = false): MsgpackNode {
  let at = 0
  const node = readValue(1)
  if (at < bytes.length) throw unreadableError()
  return node

  function readValue(depth: number): MsgpackNode {
    const start = at
    const form = bytes[at++]
    if (form === undefined) throw unreadableError()
    // Assign in place, because spreading the object into a new one takes forty times as long.
    const node = readKind(form, depth) as MsgpackNodeKind & ByteRange
    node.source = bytes
    node.start = start
    node.end = at
    return node
  }

  function readKind(form: number, depth: number): MsgpackNodeKind {
    if (form < 0x80) return plainNode(form)
    if (form < 0x90) return readMap(form - 0x80, depth)
    if (form < 0xa0) return readList(form - 0x90, depth)
    if (form < 0xc0) return readText(form - 0xa0)
    if (form >= 0xe0) return plainNode(form - 256)
    switch (form) {
      case 0xc0:
        return plainNode(null)
      case bigIntegerByte:
        if (!allowBigIntegers) throw unreadableError()
        return readBigInteger()
      case 0xc2:
      case 0xc3:
        return plainNode(form === 0xc3)
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return { kind: 'bytes', value: bytesToText(consume(readLength(2 ** (form - 0xc4)))) }
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return readExtension(readLength(2 ** (form - 0xc7)))
      case 0xca:
        return { kind: 'float', value: consume(4).readFloatBE() }
      case 0xcb:
        return { kind: 'float', value: consume(8).readDoubleBE() }
      case 0xd9:
      case 0xda:
      case 0xdb:
        return readText(readLength(2 ** (form - 0xd9)))
      case 0xdc:
      case 0xdd:
        return readList(readLength(2 * (form - 0xdb)), depth)
      case 0xde:
      case 0xdf:
        return readMap(readLength(2 * (form - 0xdd)), depth)
    }
    if (form < 0xcf) return plainNode(readLength(2 ** (form - 0xcc)))
    if (form === 0xcf) return integerNode(consume(8).readBigUInt64BE())
    if (form < 0xd3) {
      const size = 2 ** (form - 0xd0)
      return plainNode(consume(size).readIntBE(0, size))
    }
    if (form === 0xd3) return integerNode(consume(8).readBigInt64BE())
    return readExtension(2 ** (form - 0xd4))
  }

  function readText(length: number): MsgpackNodeKind {
    return plainNode(decoder.decode(consume(length)))
  }

  function readList(length: number, depth: number): MsgpackNodeKind {
    checkRoom(length, depth)
    const items: MsgpackNode[] = []
    for (let left = length; left > 0; left--) items.push(readValue(depth + 1))
    return { kind: 'list', items }
  }

  function readMap(length: number, depth: number): MsgpackNodeKind {
    checkRoom(length, depth)
    const members = new Map<string, MsgpackMember>()
    for (let left = length; left > 0; left--) {
      const key = readValue(depth + 1)
      // Python's dicts cannot have a dict as a key.
      if (key.kind === 'map') throw unreadableError()
      members.set(normalizeKey(key), { key, node: readValue(depth + 1) })
    }
    return { kind: 'map', members }
  }

  function readExtension(length: number): MsgpackNodeKind {
    const code = consume(1).readInt8()
    const body = consume(length)
    // The value includes the code. The bytes themselves are written back from the source.
    return code === -1
      ? { kind: 'date', value: decodeDate(body) }
      : { kind: 'extension', value: `${code} ${bytesToText(body)}` }
  }

  function readBigInteger(): MsgpackNodeKind {
    const digits = readValue(1)
    if (digits.kind !== 'plain' || !/^-?\d{1,4300}$/.test(String(digits.value))) throw unreadableError()
    return plainNode(BigInt(String(digits.value)))
  }

  function readLength(size: number): number {
    return consume(size).readUIntBE(0, size)
  }

  /** Checks a length before allocating for it: each member takes at least one byte. */
  function checkRoom(length: number, depth: number): void {
    if (depth > maxMsgpackDepth || length > bytes.length - at) throw unreadableError()
  }

  function consume(length: number): Buffer {
    if (length > bytes.length - at) throw unreadableError()
    at += length
    return bytes.subarray(at - length, at)
  }
}

/** Returns a text that is the same for keys that are equal in Python, such as 1, 1.0 and True. */
export function normalizeKey(key: MsgpackNode): string {
  if (key.kind === 'float')
    return bytesToText(Number.isSafeInteger(key.value) ? encodePlain(key.value + 0) : encodeFloat(key.value))
  if (key.kind !== 'plain') return bytesToText(sourceBytes(key))
  return bytesToText(encodePlain(typeof key.value === 'boolean' ? Number(key.value) : key.value))
}

const plainNode = (value: null | boolean | string | number | bigint): MsgpackNodeKind => ({ kind: 'plain', value })

/** Uses a bigint above 2^53 - 1, where a number may stand for several integers. */
function integerNode(value: bigint): MsgpackNodeKind {
  const number = Number(value)
  return plainNode(Number.isSafeInteger(number) ? number : value)
}

/** Returns epoch milliseconds from a timestamp of 32, 64 or 96 bits. */
function decodeDate(body: Buffer): number {
  const [seconds, nanoseconds] = readTime(body)
  if (nanoseconds > 999_999_999 || seconds < minSeconds || seconds > maxSeconds) throw unreadableError()
  return Number(seconds) * 1000 + Math.floor(nanoseconds / 1_000_000)
}

function readTime(body: Buffer): [seconds: bigint, nanoseconds: number] {
  switch (body.length) {
    case 4:
      return [BigInt(body.readUInt32BE()), 0]
    case 8: {
      const word = body.readBigUInt64BE()
      return [word & 0x3_ffff_ffffn, Number(word >> 34n)]
    }
    case 12:
      return [body.readBigInt64BE(4), body.readUInt32BE()]
  }
  throw unreadableError()
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const unreadableError = () => new SyntaxError('Flask-Session cannot read these bytes.')
