import { figureOf } from './summary.mjs'

const width = 440
const margin = 20
const letterWidth = 8.2 // at most, on average
const barHeight = 16
const lineHeight = 58
const titleHeight = 36
const gap = 6 // between a bar and its text

// Its own background keeps it readable if the page is light and the system dark, or the other way round.
const style = `
    .background { fill: #ffffff; stroke: #d0d7de }
    text { font: 14px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; fill: #1f2328 }
    .title { font-size: 17px; font-weight: 600 }
    .figure { font-size: 13px }
    .figure.ours { font-weight: 600 }
    .bar.ours { fill: #0a5fd6 }
    .bar.other { fill: #9aa5b1 }
    @media (prefers-color-scheme: dark) {
      .background { fill: #0d1117; stroke: #3d444d }
      text { fill: #f0f6fc }
      .bar.ours { fill: #58a6ff }
      .bar.other { fill: #6e7781 }
    }`

/**
 * Draws two bars for each line, one below the other, so that the text is large enough on a phone.
 *
 * @param {ReturnType<typeof import('./summary.mjs').questionsOf>} questions
 * @returns {string} an SVG file
 */
export function renderChart(questions) {
  let y = margin
  const shapes = []
  for (const { title, lines } of questions) {
    shapes.push(textAt(margin, y + 16, title, 'title'))
    y += titleHeight
    for (const line of lines) {
      const bars = barsOf(line)
      const pixels = pixelsOf(lines.filter(({ unit }) => unit === line.unit).flatMap(barsOf))
      shapes.push(textAt(margin, y + 10, line.text))
      for (const [index, bar] of bars.entries()) shapes.push(...drawBar(bar, y + 18 + index * barHeight, pixels))
      y += lineHeight
    }
    y += 10
  }
  const size = `width="${width}" height="${y}" viewBox="0 0 ${width} ${y}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-labelledby="title">
  <title id="title">The cost of a session</title>
  <style>${style}
  </style>
  <rect class="background" x="0.5" y="0.5" width="${width - 1}" height="${y - 1}" rx="8" />
${shapes.map((shape) => `  ${shape}`).join('\n')}
</svg>
`
}

const barsOf = ({ unit, value, other, otherValue }) => [
  { value, text: `Sojourn: ${figureOf(value, unit)}`, kind: 'ours' },
  { value: otherValue, text: `${other}: ${figureOf(otherValue, unit)}`, kind: 'other' },
]

/** Returns the pixels of a unit, so that these bars share a scale, and the longest text has room. */
function pixelsOf(bars) {
  const longest = Math.max(...bars.map(({ value }) => value))
  const letters = Math.max(...bars.map(({ text }) => text.length))
  return (width - 2 * margin - gap - letterWidth * letters) / longest
}

function drawBar({ value, text, kind }, y, pixels) {
  const length = Math.max(2, value * pixels)
  const place = `x="${margin}" y="${y}" width="${length.toFixed(1)}" height="${barHeight - 4}" rx="2"`
  return [`<rect class="bar ${kind}" ${place} />`, textAt(margin + length + gap, y + 11, text, `figure ${kind}`)]
}

function textAt(x, y, text, className) {
  const attribute = className === undefined ? '' : ` class="${className}"`
  return `<text${attribute} x="${Number(x.toFixed(1))}" y="${y}">${escape(text)}</text>`
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
