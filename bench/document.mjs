import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'

const page = new URL('../docs/performance.md', import.meta.url)

/** Describes what the figures depend on, in one line. @param {{ rounds: number }} options */
export function describeRun({ rounds }) {
  const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
  const [{ model }, ...others] = cpus()
  const { platform, arch, version, versions } = process
  const cpu = `${others.length + 1} × ${model.trim()} (${platform} ${arch})`
  return `Measured on ${format.format(new Date())}: ${rounds} rounds, ${cpu}, Node ${version}, OpenSSL ${versions.openssl}.`
}

/**
 * Replaces the tables of one section in docs/performance.md. The text outside the two markers is written by hand.
 *
 * @param {string} name
 * @param {string} tables
 */
export function writeTables(name, tables) {
  const text = readFileSync(page, 'utf8')
  const [start, end] = [`<!-- bench: ${name} -->`, `<!-- end of ${name} -->`]
  const [from, to] = [text.indexOf(start), text.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`docs/performance.md needs the markers ${start} and ${end}.`)
  writeFileSync(page, `${text.slice(0, from + start.length)}\n\n${tables}\n\n${text.slice(to)}`)
  console.error(`docs/performance.md has the new tables of ${name}.`)
}
