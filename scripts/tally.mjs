import { writeFileSync } from 'node:fs'

/** A vitest reporter that counts the tests, for the last line of `npm test`. */
export default class Tally {
  onTestRunEnd(files, errors) {
    const tally = { passed: 0, failed: errors.length, skipped: 0 }
    for (const file of files) count(file, tally)
    writeFileSync(process.env.SOJOURN_TALLY, JSON.stringify(tally))
  }
}

/** Counts an error outside of a test, in a hook or while a file loads, as one failure. */
function count(suite, tally) {
  tally.failed += suite.errors().length
  for (const child of suite.children) {
    if (child.type === 'suite') count(child, tally)
    else tally[child.result().state === 'pending' ? 'skipped' : child.result().state]++
  }
}
