/** The version on which the simulation runs fastest. npm gets it. Always the same, because the newest may be missing for a moment. */
export const node24 = '24.21.0'
