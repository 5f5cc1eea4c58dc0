export * from '../react-router/check.mjs'
