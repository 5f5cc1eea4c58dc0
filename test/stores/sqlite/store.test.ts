import { describe, it } from 'vitest'
import { storeSuite } from '../../../src/testing/store-suite/store-suite.ts'
import { sqliteFiles } from '../../support/sqlite-files.ts'

const { opened } = sqliteFiles()

describe('sqliteStore', () => {
  const open = () => {
    const { db, file, store } = opened()
    return { store, another: () => opened(file).store, close: () => db.close(), expiresByItself: false }
  }
  // `drills/races/revocation` runs the races with more rounds.
  it.each(storeSuite(open, { rounds: 30 }))('%s', (_name, check) => check())
})
