/** Microseconds, with as many digits as mean something. @param {number} number */
export function microseconds(number) {
  if (Math.abs(number) >= 1000) return Math.round(number).toLocaleString('en')
  return number.toFixed(Math.abs(number) < 100 ? 1 : 0).replace(/^-(0\.0)$/, '$1')
}

/** @param {number} number */
export const times = (number) => (Math.abs(number) >= 100 ? number.toFixed(0) : number.toFixed(2))

/** A whole number. @param {number} count */
export const number = (count) => Math.round(count).toLocaleString('en')

/** A table of Markdown: the first column is text, all others are numbers. @param {readonly (readonly string[])[]} rows */
export function table([head, ...rows]) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), `|---|${'--:|'.repeat(head.length - 1)}`, ...rows.map(line)].join('\n')
}

/** @param {readonly string[]} items */
export const list = (items) => items.map((item) => `- ${item}`).join('\n')
