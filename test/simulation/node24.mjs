/** The simulation runs faster on it than on Node 20. npm gets it. Always the same, because the newest may be missing for a moment. */
export const node24 = '24.21.0'
