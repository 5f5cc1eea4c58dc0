import { putText, type Texts } from '../../core/texts.ts'
import type { JsonNode } from './ast.ts'
import { parseTaggedJson } from './parse.ts'
import { formatTagged } from './python-json.ts'

const flashesMember = '_flashes'
const flashPrefix = 'flash.'

/**
 * Makes the library's texts of a session's members: of each of Flask's messages, a text `[instant,category,message]` with
 * its place in the list for the instant, which is before any that a clock gives. What Flask did not write as messages stays
 * a member; and since a key that begins with `flash.` would be taken for one, such a member is found under `_flash.…`.
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

/** Makes a session's members of the library's texts: the reverse of {@link textsFromMembers}, with the messages that were left since. */
export function membersFromTexts(texts: Texts): Texts {
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

/** Category and message of each, or `null` for what is no list of such pairs. */
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

/** What stands in Flask's list already. Anything but a list could hold no message, nor could Flask show it. */
function listItems(text: string | undefined): string[] {
  if (text === undefined) return []
  const list = parseTaggedJson(text)
  return list.kind === 'list' ? list.items.map(({ source }) => source) : []
}
