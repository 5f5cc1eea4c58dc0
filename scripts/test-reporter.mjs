import { writeFileSync } from 'node:fs'
import { MinimalReporter } from 'vitest/node'

const output = process.stdout
const isInteractive = Boolean(output.isTTY) && !process.env.NO_COLOR && !process.env.CI

/** A vitest reporter: shows progress, prints failures in full, and ends with the slowest files. */
export default class TestReporter extends MinimalReporter {
  progress = { files: 0, done: 0, tests: 0, failed: 0, startedAt: 0, running: new Set() }

  onInit(vitest) {
    super.onInit(vitest)
    vitest.onClose(() => this.stopProgress())
  }

  onTestRunStart(specifications) {
    super.onTestRunStart(specifications)
    this.progress = {
      files: specifications.length,
      done: 0,
      tests: 0,
      failed: 0,
      startedAt: Date.now(),
      running: new Set(),
    }
    if (specifications.some(({ project }) => /^(drills|peers|ci)/.test(project.name)))
      this.log(`Seed: ${process.env.SEED}`)
    if (isInteractive) this.timer = setInterval(() => this.redraw(), 500).unref()
  }

  onTestModuleStart(testModule) {
    this.progress.running.add(testModule.relativeModuleId)
  }

  onTestCaseResult(testCase) {
    super.onTestCaseResult(testCase)
    this.progress.tests++
    if (testCase.result().state === 'failed') this.progress.failed++
  }

  onTestModuleEnd(testModule) {
    super.onTestModuleEnd(testModule)
    const { progress } = this
    progress.running.delete(testModule.relativeModuleId)
    progress.done++
    if (isInteractive) return this.redraw()
    const tenths = (done) => Math.floor((done * 10) / progress.files)
    if (progress.files >= 20 && tenths(progress.done) > tenths(progress.done - 1)) this.log(this.progressLine())
  }

  onTestRunEnd(testModules, errors, reason) {
    this.stopProgress()
    super.onTestRunEnd(testModules, errors, reason)
    const tally = { passed: 0, failed: errors.length, skipped: 0 }
    for (const testModule of testModules) countResults(testModule, tally)
    for (const line of [...listSlowest(testModules), ...listFailures(testModules), ...listRepeatCommand(testModules)])
      this.log(line)
    if (process.env.SOJOURN_TALLY) writeFileSync(process.env.SOJOURN_TALLY, JSON.stringify(tally))
    else this.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`)
  }

  // Our own last lines replace vitest's table of counts and times.
  reportTestSummary() {}

  log(...messages) {
    if (isInteractive) output.write('\r\x1b[K')
    super.log(...messages)
  }

  redraw() {
    const running = [...this.progress.running].join(', ')
    output.write(`\r\x1b[K${`${this.progressLine()}  ${running}`.slice(0, (output.columns ?? 80) - 1)}`)
  }

  stopProgress() {
    clearInterval(this.timer)
    if (isInteractive) output.write('\r\x1b[K')
  }

  progressLine() {
    const { files, done, tests, failed, startedAt } = this.progress
    const seconds = Math.round((Date.now() - startedAt) / 1000)
    const failures = failed > 0 ? `, ${failed} failed` : ''
    return `  ${done} of ${files} files, ${tests} tests${failures}, ${seconds} s`
  }
}

/** Counts an error outside of a test, in a hook or while a file loads, as one failure. */
function countResults(suite, tally) {
  tally.failed += suite.errors().length
  for (const child of suite.children) {
    if (child.type === 'suite') countResults(child, tally)
    else tally[child.result().state === 'pending' ? 'skipped' : child.result().state]++
  }
}

/** Lists the ten slowest files, or the ten slowest tests if only one file ran. */
function listSlowest(testModules) {
  const entries =
    testModules.length === 1
      ? [...testModules[0].children.allTests()].map((test) => [test.fullName, test.diagnostic()?.duration ?? 0])
      : testModules.map((testModule) => [testModule.relativeModuleId, fileDuration(testModule)])
  const lines = entries
    .filter(([, milliseconds]) => milliseconds >= 500)
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, 10)
    .map(([name, milliseconds]) => `${(milliseconds / 1000).toFixed(1).padStart(7)} s  ${name}`)
  return lines.length > 0 ? ['', 'Slowest:', ...lines] : []
}

function fileDuration(testModule) {
  const { duration, collectDuration, setupDuration } = testModule.diagnostic()
  return duration + collectDuration + setupDuration
}

/** Lists each failed test with the beginning of its error, because a log of CI may show only the end of the output. */
function listFailures(testModules) {
  const failed = testModules.flatMap((testModule) => [...testModule.children.allTests('failed')])
  return failed.flatMap((test) => {
    const message = test.result().errors[0]?.message ?? ''
    return ['', `✗ ${test.module.relativeModuleId} > ${test.fullName}`, ...message.split('\n').slice(0, 20)]
  })
}

/** Returns the command that repeats the failed files with the same seed. */
function listRepeatCommand(testModules) {
  const failed = testModules.filter((testModule) => !testModule.ok()).map(({ relativeModuleId }) => relativeModuleId)
  return failed.length > 0 ? ['', `Repeat: SEED=${process.env.SEED} npm test -- ${failed.join(' ')}`] : []
}
