import { putText, type Texts } from '../../core/texts.ts'
import { formatNode, type JsonMember, type JsonNode } from './ast.ts'
import { parseTaggedJson } from './parse.ts'
import { splitPlainJson, type MemberSource } from './plain-json.ts'
import { formatDict, orderKeys } from './python-json.ts'

/** A session's members, each with its source text. */
export interface SessionMembers {
  readonly texts: Texts
  /** The source text of each key, in quotes, in the original order, which an object would not keep. */
  readonly names: ReadonlyMap<string, string>
}

/** Reads a session's JSON, including the tags in every member. Returns `null` if Flask would not accept it as a session. */
export function readSessionMembers(json: string): SessionMembers | null {
  const members = splitPlainJson(json) ?? splitTaggedJson(json)
  if (members === null) return null
  const texts: Record<string, string> = {}
  const names = new Map<string, string>()
  for (const [key, name, text] of members) {
    putText(texts, key, text)
    names.set(key, name)
  }
  return { texts, names }
}

const splitTaggedJson = (json: string): MemberSource[] | null => {
  const members = parseMembers(json)
  return members && [...members].map(([key, { name, node }]) => [key, name, node.source])
}

/**
 * Writes a session's JSON with sorted keys, or in the original order if that was not sorted. `names` are those of the session
 * that was read, and may include members that were removed.
 */
export function writeSessionMembers({ texts, names }: SessionMembers): string {
  return formatDict(orderKeys(Object.keys(texts), [...names.keys()]).map((key) => [key, texts[key]!, names.get(key)]))
}

/** Returns the JSON that Flask writes after reading a session, or `null` if Flask would not accept it as a session. */
export function toFlaskJson(json: string): string | null {
  const members = parseMembers(json)
  return members === null ? null : formatNode({ kind: 'dict', members, source: json })
}

function parseMembers(json: string): ReadonlyMap<string, JsonMember> | null {
  try {
    const node = parseTaggedJson(json)
    if (node.kind === 'dict') return node.members
    return isEmptyNode(node) ? new Map() : null
  } catch {
    return null
  }
}

/** Returns whether Flask creates an empty session from the value. */
function isEmptyNode(node: JsonNode): boolean {
  if ('items' in node) return node.items.length === 0
  return 'value' in node && (node.value === null || node.value === '')
}
