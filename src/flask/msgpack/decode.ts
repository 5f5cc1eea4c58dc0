import { bigInteger, encodeFloat, encodePlain } from './encode.ts'
import { bytesOf, textOfBytes, type Kind, type Member, type Node, type Place } from './msgpack-node.ts'

/** How deep lists and maps may stand in each other. */
export const deepest = 500

// What Python has dates for: the years 1 to 9999.
const [firstSecond, lastSecond] = [-62_135_596_800n, 253_402_300_799n]

/**
 * Reads a value of MessagePack, in any of its spellings, as Flask-Session reads it. `isOurs` says that the bytes stood in
 * memory only, where there are integers of any size.
 *
 * @throws for what it refuses: what is cut short, goes on after the value, is no UTF-8, or too deep
 */
export function decode(bytes: Buffer, isOurs = false): Node {
  let at = 0
  const node = readValue(1)
  if (at < bytes.length) throw refused()
  return node

  function readValue(depth: number): Node {
    const start = at
    const form = bytes[at++]
    if (form === undefined) throw refused()
    // In place: to spread an object into another one takes forty times as long.
    const node = readKind(form, depth) as Kind & Place
    node.source = bytes
    node.start = start
    node.end = at
    return node
  }

  function readKind(form: number, depth: number): Kind {
    if (form < 0x80) return plain(form)
    if (form < 0x90) return readMap(form - 0x80, depth)
    if (form < 0xa0) return readList(form - 0x90, depth)
    if (form < 0xc0) return readText(form - 0xa0)
    if (form >= 0xe0) return plain(form - 256)
    switch (form) {
      case 0xc0:
        return plain(null)
      case bigInteger:
        if (!isOurs) throw refused()
        return readBigInteger()
      case 0xc2:
      case 0xc3:
        return plain(form === 0xc3)
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return { kind: 'bytes', value: textOfBytes(take(readLength(2 ** (form - 0xc4)))) }
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return readExtension(readLength(2 ** (form - 0xc7)))
      case 0xca:
        return { kind: 'float', value: take(4).readFloatBE() }
      case 0xcb:
        return { kind: 'float', value: take(8).readDoubleBE() }
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
    if (form < 0xcf) return plain(readLength(2 ** (form - 0xcc)))
    if (form === 0xcf) return integer(take(8).readBigUInt64BE())
    if (form < 0xd3) {
      const size = 2 ** (form - 0xd0)
      return plain(take(size).readIntBE(0, size))
    }
    if (form === 0xd3) return integer(take(8).readBigInt64BE())
    return readExtension(2 ** (form - 0xd4))
  }

  function readText(length: number): Kind {
    return plain(decoder.decode(take(length)))
  }

  function readList(length: number, depth: number): Kind {
    checkRoom(length, depth)
    const items: Node[] = []
    for (let left = length; left > 0; left--) items.push(readValue(depth + 1))
    return { kind: 'list', items }
  }

  function readMap(length: number, depth: number): Kind {
    checkRoom(length, depth)
    const members = new Map<string, Member>()
    for (let left = length; left > 0; left--) {
      const key = readValue(depth + 1)
      // Python cannot look up by it.
      if (key.kind === 'map') throw refused()
      members.set(keyName(key), { key, node: readValue(depth + 1) })
    }
    return { kind: 'map', members }
  }

  function readExtension(length: number): Kind {
    const code = take(1).readInt8()
    const body = take(length)
    // The code is among the bytes, which are all that goes back.
    return code === -1
      ? { kind: 'date', value: dateOf(body) }
      : { kind: 'extension', value: `${code} ${textOfBytes(body)}` }
  }

  function readBigInteger(): Kind {
    const digits = readValue(1)
    if (digits.kind !== 'plain' || !/^-?\d{1,4300}$/.test(String(digits.value))) throw refused()
    return plain(BigInt(String(digits.value)))
  }

  function readLength(size: number): number {
    return take(size).readUIntBE(0, size)
  }

  /** Before anything is made of it: a member takes a byte, at least. */
  function checkRoom(length: number, depth: number): void {
    if (depth > deepest || length > bytes.length - at) throw refused()
  }

  function take(length: number): Buffer {
    if (length > bytes.length - at) throw refused()
    at += length
    return bytes.subarray(at - length, at)
  }
}

/** What a key is looked up by: the same for keys that Python takes for one, such as 1, 1.0 and True. */
export function keyName(key: Node): string {
  if (key.kind === 'float')
    return textOfBytes(Number.isSafeInteger(key.value) ? encodePlain(key.value + 0) : encodeFloat(key.value))
  if (key.kind !== 'plain') return textOfBytes(bytesOf(key))
  return textOfBytes(encodePlain(typeof key.value === 'boolean' ? Number(key.value) : key.value))
}

const plain = (value: null | boolean | string | number | bigint): Kind => ({ kind: 'plain', value })

/** Above 2^53 - 1 a number no longer tells which integer it was. */
function integer(value: bigint): Kind {
  const number = Number(value)
  return plain(Number.isSafeInteger(number) ? number : value)
}

/** Epoch milliseconds, of a timestamp in one of its three lengths. */
function dateOf(body: Buffer): number {
  const [seconds, nanoseconds] = timeOf(body)
  if (nanoseconds > 999_999_999 || seconds < firstSecond || seconds > lastSecond) throw refused()
  return Number(seconds) * 1000 + Math.floor(nanoseconds / 1_000_000)
}

function timeOf(body: Buffer): [seconds: bigint, nanoseconds: number] {
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
  throw refused()
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const refused = () => new SyntaxError('The bytes are none that Flask-Session reads.')
