import type { JsonNode } from '../json/ast.ts'
import { parseTaggedJson } from '../json/parse.ts'
import { maxMsgpackDepth } from './decode.ts'
import { encodeFloat, encodeList, encodeMap, encodePlain, encodeText } from './encode.ts'
import type { MsgpackNode } from './msgpack-node.ts'

/** Converts JSON to MessagePack. @throws for JSON that Flask-Session rejects */
export function jsonToMsgpack(json: string): Buffer {
  return encodeJsonNode(parseTaggedJson(json, false), 1)
}

function encodeJsonNode(node: JsonNode, depth: number): Buffer {
  if (depth > maxMsgpackDepth) throw unreadableError()
  switch (node.kind) {
    case 'float':
      if (!Number.isFinite(node.value)) throw unreadableError()
      return encodeFloat(node.value)
    case 'plain':
      return typeof node.value === 'string' ? encodeText(checkWellFormed(node.value)) : encodePlain(node.value)
    case 'list':
      return encodeList(node.items.map((item) => encodeJsonNode(item, depth + 1)))
    case 'dict':
      return encodeMap(
        [...node.members].map(([key, member]) => [
          encodeText(checkWellFormed(key)),
          encodeJsonNode(member.node, depth + 1),
        ]),
      )
    default:
      throw unreadableError()
  }
}

function checkWellFormed(text: string): string {
  if (/\p{Cs}/u.test(text)) throw unreadableError()
  return text
}

/** Converts a value to JSON as Flask-Session writes it. Returns `null` if JSON has no form for it. */
export function msgpackToJson(node: MsgpackNode): string | null {
  switch (node.kind) {
    case 'plain':
      return typeof node.value === 'string' ? JSON.stringify(node.value) : String(node.value)
    case 'float':
      return Number.isFinite(node.value) ? formatJsonFloat(node.value) : null
    case 'list': {
      const items = node.items.map(msgpackToJson)
      return items.includes(null) ? null : `[${items.join(',')}]`
    }
    case 'map': {
      const members = [...node.members.values()].map(({ key, node }) => {
        const value = msgpackToJson(node)
        return key.kind === 'plain' && typeof key.value === 'string' && value !== null
          ? `${JSON.stringify(key.value)}:${value}`
          : null
      })
      return members.includes(null) ? null : `{${members.join(',')}}`
    }
    default:
      return null
  }
}

/** Formats a float as Flask-Session's JSON does: `1.0`, `1e16`, `0.00001`, `1e-6`. The digits are JavaScript's. */
function formatJsonFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [digits, power] = value.toExponential().split('e') as [string, string]
  const exponent = Number(power)
  if (exponent < -5 || exponent >= 16) return `${digits}e${exponent}`
  if (exponent >= 0) return String(value).includes('.') ? String(value) : `${value}.0`
  const sign = value < 0 ? '-' : ''
  return `${sign}0.${'0'.repeat(-exponent - 1)}${digits.replace(/[-.]/g, '')}`
}

const unreadableError = () => new SyntaxError('Flask-Session cannot read this JSON.')
