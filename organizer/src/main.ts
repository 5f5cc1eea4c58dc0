import { SojournError } from 'sojourn'
import { CommandError } from './server/command-error.ts'
import { ConfigError, loadEnvFile, readConfig } from './server/config.ts'
import { help, isHelpRequest } from './server/help.ts'
import { startServer } from './server/start-server.ts'

try {
  if (isHelpRequest(process.argv.slice(2))) console.log(help)
  else {
    loadEnvFile()
    await startServer(readConfig(process.env))
  }
} catch (error) {
  const isMistyped = error instanceof CommandError
  if (!(isMistyped || error instanceof ConfigError || error instanceof SojournError)) throw error
  console.error(isMistyped ? error.message : `Organizer did not start. ${error.message}`)
  process.exitCode = isMistyped ? error.exitCode : 1
}
