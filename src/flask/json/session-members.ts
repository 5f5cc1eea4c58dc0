import { putText, type Texts } from '../../core/texts.ts'
import { formatNode, type JsonMember, type JsonNode } from './ast.ts'
import { parseTaggedJson } from './parse.ts'
import { formatDict, orderKeys } from './python-json.ts'

/** A session's members, each as the text that it stood as. */
export interface SessionMembers {
  readonly texts: Texts
  /** The keys in the order in which they stood, which an object does not keep, and each as it stood, in quotes. */
  readonly names: ReadonlyMap<string, string>
}

/** Reads a session's JSON, or gives `null` for what Flask makes no session of. Looks into every member, also at its tags. */
export function readSessionMembers(json: string): SessionMembers | null {
  const members = parseMembers(json)
  if (members === null) return null
  const texts: Record<string, string> = {}
  const names = new Map<string, string>()
  for (const [key, { name, node }] of members) {
    putText(texts, key, node.source)
    names.set(key, name)
  }
  return { texts, names }
}

/**
 * Writes a session's JSON: keys sorted, or in the order in which they stood where that was another. `names` are those of
 * the session that was read, whichever members are left of it.
 */
export function writeSessionMembers({ texts, names }: SessionMembers): string {
  return formatDict(orderKeys(Object.keys(texts), [...names.keys()]).map((key) => [key, texts[key]!, names.get(key)]))
}

/** The JSON that Flask writes for a session it has read, or `null` for what it makes no session of. */
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

/** Whether Python's `dict` makes an empty one of it. */
function isEmptyNode(node: JsonNode): boolean {
  if ('items' in node) return node.items.length === 0
  return 'value' in node && (node.value === null || node.value === '')
}
