import { describe } from 'vitest'

/** A Python with Flask, as `npm test` found it; `undefined` when there is none. */
export const python = process.env['PYTHON'] || undefined

/** Groups tests that need Flask. Without it they are skipped: `npm test` says so, and fails where CI is set. */
export const describeFlask = python === undefined ? describe.skip : describe
