#!/usr/bin/env node
import '../core/check-runtime.ts'

// A closed pipe ends the command quietly, because the reader has read enough, as in `… | head -1`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
}

// Loaded after the check, because it imports functions that an older Node does not have.
const { runCommand } = await import('./run-command.ts')
process.exitCode = await runCommand(process.argv.slice(2))
