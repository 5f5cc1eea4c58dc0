import { parse } from '../json/parse.ts'
import type { Node as JsonNode } from '../json/ast.ts'
import { deepest } from './decode.ts'
import { encodeFloat, encodeList, encodeMap, encodePlain, encodeText } from './encode.ts'
import type { Node } from './msgpack-node.ts'

/** The MessagePack of JSON as Flask-Session reads it. @throws for what it refuses */
export function encodeJson(json: string): Buffer {
  return encodeNode(parse(json, false), 1)
}

function encodeNode(node: JsonNode, depth: number): Buffer {
  if (depth > deepest) throw refused()
  switch (node.kind) {
    case 'float':
      if (!Number.isFinite(node.value)) throw refused()
      return encodeFloat(node.value)
    case 'plain':
      return typeof node.value === 'string' ? encodeText(wellFormed(node.value)) : encodePlain(node.value)
    case 'list':
      return encodeList(node.items.map((item) => encodeNode(item, depth + 1)))
    case 'dict':
      return encodeMap(
        [...node.members].map(([key, member]) => [encodeText(wellFormed(key)), encodeNode(member.node, depth + 1)]),
      )
    default:
      throw refused()
  }
}

function wellFormed(text: string): string {
  if (/\p{Cs}/u.test(text)) throw refused()
  return text
}

/** A value as Flask-Session spells JSON; `null` where JSON has no form for it. */
export function jsonOf(node: Node): string | null {
  switch (node.kind) {
    case 'plain':
      return typeof node.value === 'string' ? JSON.stringify(node.value) : String(node.value)
    case 'float':
      return Number.isFinite(node.value) ? floatText(node.value) : null
    case 'list': {
      const items = node.items.map(jsonOf)
      return items.includes(null) ? null : `[${items.join(',')}]`
    }
    case 'map': {
      const members = [...node.members.values()].map(({ key, node }) => {
        const value = jsonOf(node)
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

/** A float as it stands there: `1.0`, `1e16`, `0.00001`, `1e-6`. The digits are those of JavaScript. */
function floatText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [digits, power] = value.toExponential().split('e') as [string, string]
  const exponent = Number(power)
  if (exponent < -5 || exponent >= 16) return `${digits}e${exponent}`
  if (exponent >= 0) return String(value).includes('.') ? String(value) : `${value}.0`
  const sign = value < 0 ? '-' : ''
  return `${sign}0.${'0'.repeat(-exponent - 1)}${digits.replace(/[-.]/g, '')}`
}

const refused = () => new SyntaxError('The JSON is none that Flask-Session reads.')
