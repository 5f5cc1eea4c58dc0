#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { DatabaseDown } from './data/database-down.ts'
import { openDb } from './data/open-db.ts'
import { createPeople, normalizeEmail } from './data/people.ts'
import { normalizeLine } from './form.ts'
import { createPasswords, passwordError } from './passwords.ts'
import { maxNameLength } from './person-name.ts'
import { CommandError } from './server/command-error.ts'
import { ConfigError, loadEnvFile, readConfig } from './server/config.ts'
import { readNewPassword } from './server/read-new-password.ts'

const help = `Adds and lists the people who may sign in to Organizer.

  npm run people -- add --email ada@example.com [--name "Ada Lovelace"]
  npm run people -- list

add asks for the password twice. Without a terminal, it reads one line from standard input:
  npm run people -- add --email ada@example.com < password.txt

People are stored in the folder DATA_DIR (default: .data), or in Postgres if DATABASE_URL is set.`

try {
  loadEnvFile()
  await runCommand(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof CommandError || error instanceof ConfigError || error instanceof DatabaseDown)) throw error
  console.error(error.message)
  process.exitCode = error instanceof CommandError ? error.exitCode : 1
}

async function runCommand(args: string[]): Promise<void> {
  const { values, positionals } = parseOptions(args)
  if (values.help || positionals[0] === 'help') return console.log(help)
  const [command, ...rest] = positionals
  if (rest.length > 0) throw new CommandError(`Unexpected argument ${rest[0]}. See npm run people -- --help`, 2)
  if (command === 'add') return addPerson(values.email, values.name)
  if (command === 'list' && !values.email && !values.name) return listPeople()
  throw new CommandError(command ? `Unknown command ${command}, or wrong options for it.\n\n${help}` : help, 2)
}

async function addPerson(emailText: string | undefined, nameText: string | undefined): Promise<void> {
  if (!emailText) throw new CommandError('The email address is missing: --email ada@example.com', 2)
  const email = normalizeEmail(emailText)
  if (!email) throw new CommandError(`${JSON.stringify(emailText)} is not an email address.`, 2)
  const { db, people } = await openPeople()
  try {
    const present = await people.findByEmail(email)
    if (present && !present.demo) throw new CommandError(`${email} already has an account.`)
    const password = await readNewPassword()
    if (password === null) throw new CommandError('The two passwords differ. Nobody was added.')
    const error = passwordError(password)
    if (error !== null) throw new CommandError(`${error} Nobody was added.`)
    const person = await people.add({
      email,
      name: normalizeLine(nameText ?? '').slice(0, maxNameLength) || nameFromEmail(email),
      passwordHash: await (await createPasswords()).hash(password),
    })
    if (!person) throw new CommandError(`${email} already has an account.`)
    console.log(`${person.name} <${person.email}> can sign in now.`)
  } finally {
    await db.close()
  }
}

async function listPeople(): Promise<void> {
  const { db, people } = await openPeople()
  const all = await people.list().finally(db.close)
  if (all.length === 0) console.log('No people yet. Add one: npm run people -- add --email ada@example.com')
  for (const { email, name, demo, createdAt } of all) {
    const date = new Date(createdAt).toISOString().slice(0, 10)
    console.log(`${date}  ${email}  ${name}${demo ? '  (demo, in development only)' : ''}`)
  }
}

async function openPeople() {
  const config = readConfig(process.env)
  const db = await openDb(config)
  return { db, people: createPeople(db, { withDemo: !config.production }) }
}

function parseOptions(args: string[]) {
  const options = {
    email: { type: 'string' },
    name: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    // Node's second sentence is about arguments that begin with a hyphen. We have none.
    const [message] = (error as Error).message.split('. ')
    throw new CommandError(`${message}.\n\n${help}`, 2)
  }
}

function nameFromEmail(email: string): string {
  const words = email.slice(0, email.indexOf('@')).split(/[._+-]+/)
  return (
    words
      .filter(Boolean)
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join(' ') || email
  )
}
