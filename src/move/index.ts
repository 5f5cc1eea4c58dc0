export { both } from './dual-store.ts'
export { move, type MoveOptions, type MoveProgress, type MoveResult } from './move.ts'
