import { putText, type Texts } from '../../core/texts.ts'
import { parse } from './parse.ts'
import { dictText, ordered } from './python-json.ts'
import { flaskText, type Member, type Node } from './ast.ts'

/** A session's members, each as the text that it stood as. */
export interface Members {
  readonly texts: Texts
  /** The keys in the order in which they stood, which an object does not keep, and each as it stood, in quotes. */
  readonly names: ReadonlyMap<string, string>
}

/** Reads a session's JSON, or gives `null` for what Flask makes no session of. Looks into every member, also at its tags. */
export function readSession(json: string): Members | null {
  const members = membersOf(json)
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
export function writeSession({ texts, names }: Members): string {
  return dictText(ordered(Object.keys(texts), [...names.keys()]).map((key) => [key, texts[key]!, names.get(key)]))
}

/** The JSON that Flask writes for a session it has read, or `null` for what it makes no session of. */
export function flaskJson(json: string): string | null {
  const members = membersOf(json)
  return members === null ? null : flaskText({ kind: 'dict', members, source: json })
}

function membersOf(json: string): ReadonlyMap<string, Member> | null {
  try {
    const node = parse(json)
    if (node.kind === 'dict') return node.members
    return isEmpty(node) ? new Map() : null
  } catch {
    return null
  }
}

/** Whether Python's `dict` makes an empty one of it. */
function isEmpty(node: Node): boolean {
  if ('items' in node) return node.items.length === 0
  return 'value' in node && (node.value === null || node.value === '')
}
