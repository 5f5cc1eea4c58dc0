#!/usr/bin/env node
import { runCommand } from './run-command.ts'

// A closed pipe ends the command quietly, because the reader has read enough, as in `… | head -1`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
}

process.exitCode = await runCommand(process.argv.slice(2))
