import { putText, type Texts } from '../../core/texts.ts'
import type { JsonNode } from './ast.ts'
import { parseTaggedJson } from './parse.ts'
import { formatTagged } from './python-json.ts'

const flashesMember = '_flashes'
const flashPrefix = 'flash.'

/**
 * Converts a session's members to the library's texts. Each of Flask's flash messages becomes a text
 * `[instant,category,message]` under `flash.…`. The instant is its position in Flask's list, so it sorts before new messages.
 * A `_flashes` member that is no list of messages remains a member. Other keys that begin with `flash.` get the prefix `_`,
 * because they would otherwise look like messages.
 */
export function textsFromMembers(members: Texts): Texts {
  const texts: Record<string, string> = {}
  for (const key of Object.keys(members)) {
    const messages = key === flashesMember ? parseMessages(members[key]!) : null
    if (messages === null) putText(texts, /^_*flash\./.test(key) ? `_${key}` : key, members[key]!)
    messages?.forEach((message, index) => {
      texts[flashPrefix + index] = `[${index},${message.map(({ source }) => source).join(',')}]`
    })
  }
  return texts
}

/** Converts the library's texts to a session's members: the reverse of {@link textsFromMembers}, including new messages. */
export function membersFromTexts(texts: Texts): Record<string, string> {
  const members: Record<string, string> = {}
  const messages: { instant: number; text: string }[] = []
  for (const key of Object.keys(texts)) {
    if (key.startsWith(flashPrefix)) messages.push(parseMessage(texts[key]!))
    else putText(members, /^_+flash\./.test(key) ? key.slice(1) : key, texts[key]!)
  }
  if (messages.length > 0) {
    messages.sort((one, other) => one.instant - other.instant)
    members[flashesMember] =
      `[${[...listItems(members[flashesMember]), ...messages.map(({ text }) => text)].join(',')}]`
  }
  return members
}

/** Returns category and message of each flash message, or `null` if the text is no list of such pairs. */
function parseMessages(text: string): (readonly JsonNode[])[] | null {
  const list = parseTaggedJson(text)
  if (list.kind !== 'list' || list.items.length === 0) return null
  const messages: (readonly JsonNode[])[] = []
  for (const item of list.items) {
    if (item.kind !== 'tuple' || item.items.length !== 2) return null
    const [category, message] = item.items as [JsonNode, JsonNode]
    if (!isText(category) || !(isText(message) || message.kind === 'markup')) return null
    messages.push(item.items)
  }
  return messages
}

const isText = (node: JsonNode): boolean => node.kind === 'plain' && typeof node.value === 'string'

function parseMessage(text: string): { instant: number; text: string } {
  const [instant, category, message] = (
    parseTaggedJson(text) as JsonNode & { items: readonly [JsonNode, JsonNode, JsonNode] }
  ).items
  return { instant: Number(instant.source), text: formatTagged(' t', `[${category.source},${message.source}]`) }
}

/** Returns the entries of the existing list. Any other value is dropped, because Flask cannot show it as messages. */
function listItems(text: string | undefined): string[] {
  if (text === undefined) return []
  const list = parseTaggedJson(text)
  return list.kind === 'list' ? list.items.map(({ source }) => source) : []
}
