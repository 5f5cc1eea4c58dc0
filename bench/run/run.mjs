import { cpus } from 'node:os'
import { buildRevision } from './checkout.mjs'
import { createFigures } from './figures.mjs'
import { findNode } from './other-node.mjs'
import { createProgress } from './progress.mjs'
import { runRounds } from './rounds.mjs'
import { formatSize } from '../stores/fill.mjs'
import { selectVariants } from './subjects.mjs'

/** Runs the sections that were asked for. Returns their figures, and what these depend on. */
export async function runSections({ only, against, node, rounds, quick, million }) {
  const otherNode = node === undefined ? undefined : findNode(node)
  const other = against === undefined ? undefined : { checkout: buildRevision(against), name: against }
  const sections = []
  for (const [section, words] of only) {
    const { subjects, prepare } = await import(`../${section}/index.mjs`)
    const variants = selectVariants(subjects, { words, otherNode, other })
    if (variants.length === 0) throw new Error(describeRows(section, words, subjects))
    sections.push({ section, prepare, variants })
  }

  const sizes = [...(quick ? [200, 1000] : [10_000, 100_000]), ...(million ? [1_000_000] : [])]
  const figures = createFigures()
  const versions = new Set()
  const progress = createProgress(process.stderr, process.env, sections.length)
  for (const { section, prepare, variants } of sections) {
    progress.start(section)
    const prepared = await prepare({ section, variants, quick, sizes, figures, progress })
    try {
      await runRounds({ section, ...prepared, rounds, figures, progress })
      await prepared.afterwards?.()
    } finally {
      await prepared.end()
    }
    for (const version of prepared.versions ?? []) versions.add(version)
    progress.end()
  }
  return {
    figures,
    rounds,
    sizes: sizes.map(formatSize),
    versions: [...versions],
    ...describeMachine(),
    ...(otherNode && { otherNode }),
  }
}

function describeRows(section, words, subjects) {
  const rows = subjects.map(({ row }) => `  ${row}`).join('\n')
  return `--only ${section}/${words}: no row has these words. The rows of ${section} are:\n${rows}`
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
