export * from '../next/check.mjs'
