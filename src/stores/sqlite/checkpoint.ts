import { readFilePath, type SqliteDatabase } from './database.ts'

/** Copies the journal into the database file in a worker thread, because that waits for the disk. */
export interface Checkpointer {
  /** Whether a worker can be had, as far as is known. */
  readonly isAvailable: boolean
  /** Whether a worker can be had, and has had nothing to do for a second. */
  readonly isIdle: boolean
  /** Resolves after the worker has copied the journal, or if it cannot. */
  run(): Promise<void>
}

/** A worker that had nothing to do for so long is stopped. */
const idleMs = 1000

/**
 * The worker opens the file only while it works, so that it keeps no file of a closed database open. It creates no file.
 * After the checkpoint it writes a page, because the next write starts a new journal, and waits for the disk.
 *
 * The text is CommonJS, and no file of its own, so that it works in a bundle.
 */
const workerSource = `
process.emitWarning = () => {}
const { parentPort, workerData: { file, driver } } = require('node:worker_threads')
const loaded = require(driver)
const Database = loaded.Database ?? loaded.DatabaseSync ?? loaded
function writePage(db) {
  try {
    db.exec('PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE')
    const [row] = db.prepare('PRAGMA user_version').all()
    db.exec('PRAGMA user_version = ' + row.user_version + '; COMMIT')
  } catch {
    // Another connection has the database locked, so it writes.
  }
}
parentPort.on('message', () => {
  if (require('node:fs').existsSync(file)) {
    const db = new Database(file)
    try {
      db.exec('PRAGMA wal_checkpoint(PASSIVE)')
      writePage(db)
    } finally {
      db.close()
    }
  }
  parentPort.postMessage(null)
})`

export function createCheckpointer(db: SqliteDatabase): Checkpointer {
  let isAvailable = true
  let start: (() => Worker) | null = null
  let worker: Worker | null = null
  let running: Promise<void> | null = null
  let stopTimer: ReturnType<typeof setTimeout> | undefined

  function stop(): void {
    void worker?.terminate()
    worker = null
  }

  async function copyJournal(): Promise<void> {
    if (!isAvailable || db.open === false || db.isOpen === false) return
    clearTimeout(stopTimer)
    try {
      await askWorker((worker ??= (start ??= prepareWorker(db))()))
    } catch {
      isAvailable = false
      stop()
    }
    stopTimer = setTimeout(stop, idleMs)
    stopTimer.unref?.()
  }

  return {
    get isAvailable() {
      return isAvailable
    },
    get isIdle() {
      return isAvailable && worker === null
    },
    run: () => (running ??= copyJournal().finally(() => (running = null))),
  }
}

type Worker = import('node:worker_threads').Worker

/** @throws if no driver is known that a worker can load, or if the database is in memory */
function prepareWorker(db: SqliteDatabase): () => Worker {
  const file = readFilePath(db)
  const driver = findDriver(db)
  if (file === '' || driver === null) throw new Error('No worker can open this database.')
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  return () => new Worker(workerSource, { eval: true, execArgv: [], workerData: { file, driver } })
}

/**
 * Resolves when the worker has copied the journal. Rejects if it failed, for example because it cannot open the file. The
 * worker keeps the process alive only meanwhile.
 */
async function askWorker(worker: Worker): Promise<void> {
  worker.ref()
  try {
    await new Promise<void>((resolve, reject) => {
      worker.removeAllListeners()
      worker
        .once('message', () => resolve())
        .once('error', reject)
        .once('exit', reject)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is not a window
      worker.postMessage(null)
    })
  } finally {
    worker.unref()
  }
}

/**
 * Returns the module that the connection's class comes from; `null` if it is not known. It must be the same copy of SQLite:
 * two copies in one process release each other's locks of the file.
 */
function findDriver(db: SqliteDatabase): string | null {
  const { constructor } = db
  const require = process.getBuiltinModule('node:module').createRequire(process.execPath)
  if ('bun' in process.versions && require('bun:sqlite').Database === constructor) return 'bun:sqlite'
  const loaded = Object.values(require.cache).find((module) => module?.exports === constructor)
  if (loaded !== undefined) return loaded.filename
  // By its name first, because loading node:sqlite prints a warning in some versions. Before Node 26 it is DatabaseSync.
  const isNamed = ['Database', 'DatabaseSync'].includes(constructor.name)
  return isNamed && Reflect.get(Object(process.getBuiltinModule('node:sqlite')), constructor.name) === constructor
    ? 'node:sqlite'
    : null
}
