import { cpus } from 'node:os'
import { formatNumber } from '../page/markdown.mjs'
import { createFigures } from './figures.mjs'
import { sections } from './options.mjs'
import { buildRevision, findNode } from './revisions.mjs'
import { runRounds } from './rounds.mjs'
import { selectVariants, startSubject } from './subjects.mjs'

/** Runs the sections that were asked for. Returns their figures, and what these depend on. */
export async function runSections({ only, against, node, rounds, quick, million }) {
  const otherNode = node === undefined ? undefined : findNode(node)
  const other = against === undefined ? undefined : { checkout: buildRevision(against), name: against }
  const parts = []
  for (const section of Object.keys(sections)) {
    const words = only.flatMap(([name, text]) => (name === section ? [text] : []))
    if (words.length > 0) parts.push(await selectPart(section, words, { otherNode, other }))
  }

  const sizes = [...(quick ? [200, 1000] : [10_000, 100_000]), ...(million ? [1_000_000] : [])]
  const figures = createFigures()
  const versions = new Set()
  for (const [index, { section, variants }] of parts.entries()) {
    const report = (text) => process.stderr.write(`${index + 1}/${parts.length} ${section}: ${text}\n`)
    const startedAt = performance.now()
    const context = { quick, sizes, figures, report }
    for (const version of await runPart(section, variants, rounds, context)) versions.add(version)
    report(`done in ${Math.round((performance.now() - startedAt) / 1000)} s`)
  }
  const all = { figures, rounds, sizes: sizes.map(formatNumber), versions: [...versions], ...describeMachine() }
  return { ...all, ...(otherNode && { otherNode }) }
}

async function selectPart(section, words, options) {
  const { subjects } = await import(`../${section}/subjects.mjs`)
  const isWanted = (row) => words.some((each) => row.toLowerCase().includes(each))
  const variants = selectVariants(section, subjects, { isWanted, ...options })
  if (variants.length > 0) return { section, variants }
  const rows = subjects.map(({ row }) => `  ${row}`).join('\n')
  throw new Error(`--only ${section}/${words}: no row has these words. The rows of ${section} are:\n${rows}`)
}

/** Runs one section, and ends all that it started. Returns the versions of its databases. */
async function runPart(section, variants, rounds, context) {
  const ends = []
  const atEnd = (end) => ends.unshift(end)
  async function start(variant, settings) {
    const subject = await startSubject(variant, settings)
    atEnd(subject.end)
    return subject
  }
  try {
    const { prepare } = await import(`../${section}/index.mjs`)
    const { versions = [], afterwards, ...measuring } = await prepare({ variants, start, atEnd, ...context })
    await runRounds({ section, rounds, ...measuring, ...context })
    await afterwards?.()
    return versions
  } finally {
    for (const end of ends) await end()
  }
}

function describeMachine() {
  const [{ model }, ...others] = cpus()
  const { platform, arch, versions } = process
  return {
    date: new Date().toISOString(),
    machine: `${others.length + 1} × ${model.trim()} (${platform} ${arch})`,
    node: { version: versions.node, name: `Node ${Number.parseInt(versions.node, 10)}` },
    openssl: versions.openssl,
  }
}
