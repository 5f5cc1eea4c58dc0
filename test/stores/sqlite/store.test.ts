import { describe, it } from 'vitest'
import { storeSuite } from '../../../src/testing/store-suite/store-suite.ts'
import { opened } from '../../support/sqlite-files.ts'

describe('sqliteStore', () => {
  const open = () => {
    const { db, file, store } = opened()
    return { store, another: () => opened(file).store, close: () => db.close(), expiresByItself: false }
  }
  it.each(storeSuite(open))('%s', (_name, check) => check())
})
