import { defaultExclude, defineConfig } from 'vitest/config'

/** Every test draws its random numbers from this seed. `SEED=… npm run drills` repeats a run. */
process.env['SEED'] ??= String(Math.floor(Math.random() * 2 ** 31))

/** Starts servers, browsers or processes and takes long: clients, races, soak. */
const drills = [
  'test/drills/**/*.test.ts',
  'test/peers/drills/**/*.test.ts',
  'organizer/test/browser/!(stays).test.ts',
  'organizer/test/deploy/**/*.test.ts',
]

/** All that is tried beside the libraries of others. In processes of their own, because these libraries see each other's globals. */
const peers = ['test/peers/**/*.test.ts']

/** Drills in a process of their own, because the memory of other files would change how long a server takes. */
const isolatedDrills = ['test/drills/{failover,outages}/**/*.test.ts']

/** Tries all that `npm run frameworks` and `npm run simulate` try. Only `npm test -- --all` and CI run them. */
const ci = ['test/ci/**/*.test.ts']

/** Starts a server or a process, and is quick. One test in a real browser is here: signing in lasts. */
const servers = [
  'test/{servers,docs,package,examples}/**/*.test.ts',
  'test/simulation/simulation.test.ts',
  'organizer/test/browser/stays.test.ts',
  'organizer/test/{main,people,data/postgres,server/{redis,flask-redis}}.test.ts',
]

/** Unit tests in a process of their own: they mock modules, set V8 flags, or count timers. */
const isolated = [
  'test/env.test.ts',
  'test/adapters/{store-over-sockets,shared/header-changes}.test.ts',
  'test/flask/session-format-timing.test.ts',
  'test/repository/{resilient-store-busy,watch,watch-cost}.test.ts',
  'test/request/known-failures-timing.test.ts',
  'test/stores/{memory,shared/pubsub-listener}.test.ts',
  'test/util/deadlines.test.ts',
  // They stop the clock, and what other tests have left behind would run on it.
  'test/adapters/unanswered-errors.test.ts',
  'test/simulation/simulate.test.ts',
  'test/stores/postgres/notify-batch.test.ts',
  'organizer/test/{in-cookies,routes/session-ended}.test.ts',
]

const all = ['test/**/*.test.ts', 'organizer/test/**/*.test.{ts,tsx}']

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  test: {
    pool: 'forks',
    maxWorkers: 4, // twice the cores of a small machine, because most tests wait for servers and processes
    maxConcurrency: 2, // the mutants of the simulation, each a process
    testTimeout: 60_000,
    hookTimeout: 60_000,
    silent: 'passed-only',
    // node:sqlite and drivers print warnings once for each process. Room for new objects, because collecting them took a twentieth of the unit tests' time.
    execArgv: ['--no-warnings', '--max-semi-space-size=64'],
    reporters: ['./scripts/test-reporter.mjs'],
    // A file that is in no other tier is a unit test, so that no file is left out.
    projects: [
      project('unit', 0, all, {
        exclude: [...servers, ...peers, ...drills, ...ci, ...isolated],
        isolate: false,
      }),
      project('unit-isolated', 0, isolated),
      project('servers', 0, servers, { exclude: drills, isolate: false }),
      project('ci', 1, ci, { isolate: false }),
      project('peers', 1, peers, { exclude: drills, isolate: false }),
      project('drills', 1, drills, { exclude: isolatedDrills, isolate: false }),
      project('drills-isolated', 1, isolatedDrills),
    ],
  },
})

/** @param groupOrder projects with the same number run at the same time, and lower numbers before higher ones */
function project(
  name: string,
  groupOrder: number,
  include: string[],
  options: { exclude?: string[]; isolate?: boolean } = {},
) {
  const exclude = [...defaultExclude, ...(options.exclude ?? [])]
  return { extends: true as const, test: { name, include, sequence: { groupOrder }, ...options, exclude } }
}
