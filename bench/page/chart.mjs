import { formatNumber } from './markdown.mjs'

/**
 * A bar of a chart. `isOurs` gives it the strong colour.
 *
 * @typedef {{ text: string, value: number, isOurs: boolean }} Bar
 * @typedef {{ title: string, note: string, groups: readonly { label: string, bars: readonly Bar[] }[] }} Panel
 */

const width = 440
const margin = 20
const letterWidth = 8.2 // at most, on average
const barHeight = 16
const labelHeight = 22

// Its own background keeps it readable if the page is light and the system dark, or the other way round.
const style = `
    .background { fill: #ffffff; stroke: #d0d7de }
    text { font: 14px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; fill: #1f2328 }
    .title { font-size: 17px; font-weight: 600 }
    .note { font-size: 13px; fill: #59636e }
    .figure { font-size: 13px }
    .ours { fill: #0a5fd6 }
    .other { fill: #9aa5b1 }
    .strong { font-weight: 600 }
    @media (prefers-color-scheme: dark) {
      .background { fill: #0d1117; stroke: #3d444d }
      text { fill: #f0f6fc }
      .note { fill: #a8b1bb }
      .ours { fill: #58a6ff }
      .other { fill: #6e7781 }
    }`

/**
 * Draws panels of horizontal bars, one below the other, so that the text is large enough on a phone.
 *
 * @returns {string} an SVG file
 */
export function renderChart({ title, panels }) {
  let y = margin
  const lines = []
  for (const panel of panels) {
    const drawn = renderPanel(panel, y)
    lines.push(...drawn.lines)
    y = drawn.end + 18
  }
  const height = y - 18 + margin
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-labelledby="title description">
  <title id="title">${escape(title)}</title>
  <desc id="description">${escape(describe(panels))}</desc>
  <style>${style}
  </style>
  <rect class="background" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" />
${lines.map((line) => `  ${line}`).join('\n')}
</svg>
`
}

function renderPanel({ title, note, groups }, top) {
  const lines = [textAt(margin, top + 16, title, 'title'), textAt(margin, top + 36, note, 'note')]
  const allBars = groups.flatMap(({ bars }) => bars)
  const longest = Math.max(Number.MIN_VALUE, ...allBars.map(({ value }) => value))
  const figureWidth = 6 + letterWidth * Math.max(...allBars.map((bar) => figureOf(bar).length))
  let y = top + 44
  for (const { label, bars } of groups) {
    const isOurs = bars.some((bar) => bar.isOurs)
    lines.push(textAt(margin, y + 16, label, isOurs ? 'strong' : undefined))
    y += labelHeight
    for (const each of bars) {
      const { value, isOurs } = each
      const length = Math.max(2, (value / longest) * (width - 2 * margin - figureWidth))
      const bar = `x="${margin}" y="${y + 2}" width="${length.toFixed(1)}" height="${barHeight - 4}" rx="2"`
      lines.push(`<rect class="${isOurs ? 'ours' : 'other'}" ${bar} />`)
      lines.push(textAt(margin + length + 6, y + 13, figureOf(each), isOurs ? 'figure strong' : 'figure'))
      y += barHeight
    }
    y += 4
  }
  return { lines, end: y }
}

/** The same in words, for those who do not see the chart. */
function describe(panels) {
  return panels
    .map(({ title, note, groups }) => {
      const texts = groups.map(({ label, bars }) => `${label}: ${bars.map(figureOf).join(', ')}`)
      return `${title} ${note}. ${texts.join('; ')}.`
    })
    .join(' ')
}

const figureOf = ({ text, value }) => `${text} ${formatNumber(value)}`

function textAt(x, y, text, className) {
  const attribute = className === undefined ? '' : ` class="${className}"`
  return `<text${attribute} x="${Number(x.toFixed(1))}" y="${y}">${escape(text)}</text>`
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
