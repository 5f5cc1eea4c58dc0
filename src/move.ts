export { both } from './move/both.ts'
export { move, type MoveOptions, type MoveProgress, type MoveResult } from './move/moving.ts'
