import { createRaceChecks } from '../../src/testing/store-suite/create-race-checks.ts'
import { flowChecks } from '../../src/testing/store-suite/flow-checks.ts'
import { flowRaceChecks } from '../../src/testing/store-suite/flow-race-checks.ts'
import { flowUpdateChecks } from '../../src/testing/store-suite/flow-update-checks.ts'
import { limitRaceChecks } from '../../src/testing/store-suite/limit-race-checks.ts'
import { raceChecks } from '../../src/testing/store-suite/race-checks.ts'
import { unitRaceChecks } from '../../src/testing/store-suite/unit-race-checks.ts'
import { updateRaceChecks } from '../../src/testing/store-suite/update-race-checks.ts'

const names = new Set(
  [
    raceChecks,
    updateRaceChecks,
    createRaceChecks,
    unitRaceChecks,
    limitRaceChecks,
    flowChecks,
    flowUpdateChecks,
    flowRaceChecks,
  ]
    .flat()
    .map(([name]) => name),
)

/**
 * Whether a check of `storeSuite` is about races or whole requests. The database decides these, so one client of each
 * database runs them, and they take most of the time.
 */
export const isRaceCheck = (name: string): boolean => names.has(name)
