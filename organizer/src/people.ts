#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { DatabaseDown } from './data/database-down.ts'
import { openDb } from './data/open-db.ts'
import { createPeople, normalizeEmail, type People, type Person } from './data/people.ts'
import { normalizeLine } from './form.ts'
import { createPasswords, passwordError } from './passwords.ts'
import { maxNameLength, nameFromEmail } from './person-name.ts'
import { CommandError } from './server/command-error.ts'
import { ConfigError, loadEnvFile, readConfig } from './server/config.ts'
import { readNewPassword } from './server/read-new-password.ts'

const help = `Manages the people who may sign in to Organizer.

  npm run people -- list
  npm run people -- add --email ada@example.com [--name "Ada Lovelace"]
  npm run people -- rename --email ada@example.com --name "Ada King"
  npm run people -- password --email ada@example.com    sets a new password, and signs the person out everywhere
  npm run people -- remove --email ada@example.com      removes the person and all their events

add and password ask for the password twice. Without a terminal, they read one line from standard input:
  npm run people -- add --email ada@example.com < password.txt

People are stored in the folder DATA_DIR (default: .data), or in Postgres if DATABASE_URL is set.`

interface Options {
  email?: string | undefined
  name?: string | undefined
}

/** The commands, each with the options that it takes. */
const commands: Readonly<
  Record<string, { takes: string[]; run: (people: People, options: Options) => Promise<string> }>
> = {
  list: { takes: [], run: listPeople },
  add: { takes: ['email', 'name'], run: addPerson },
  rename: { takes: ['email', 'name'], run: renamePerson },
  password: { takes: ['email'], run: setPassword },
  remove: { takes: ['email'], run: removePerson },
}

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
  const { help: isHelp, ...options } = values
  const [name, ...rest] = positionals
  if (isHelp || name === 'help') return console.log(help)
  if (rest.length > 0) throw new CommandError(`Unexpected argument ${rest[0]}. See npm run people -- --help`, 2)
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command || Object.keys(options).some((option) => !command.takes.includes(option)))
    throw new CommandError(name ? `Unknown command ${name}, or wrong options for it.\n\n${help}` : help, 2)
  if (command.takes.includes('email')) readEmail(options) // before the database is opened
  const config = readConfig(process.env)
  const db = await openDb(config)
  const people = createPeople(db, { withDemo: !config.production })
  console.log(await command.run(people, options).finally(db.close))
}

async function listPeople(people: People): Promise<string> {
  const all = await people.list()
  if (all.length === 0) return 'No people yet. Add one: npm run people -- add --email ada@example.com'
  return all
    .map(({ email, name, demo, createdAt }) => {
      const date = new Date(createdAt).toISOString().slice(0, 10)
      return `${date}  ${email}  ${name}${demo ? '  (demo, in development only)' : ''}`
    })
    .join('\n')
}

async function addPerson(people: People, options: Options): Promise<string> {
  const email = readEmail(options)
  const taken = new CommandError(`${email} already has an account.`)
  const present = await people.findByEmail(email)
  if (present && !present.demo) throw taken
  const name = normalizeLine(options.name ?? '').slice(0, maxNameLength) || nameFromEmail(email)
  const person = await people.add({ email, name, passwordHash: await readPasswordHash({ email, name }) })
  if (!person) throw taken
  return `${person.name} <${person.email}> can sign in now.`
}

async function renamePerson(people: People, options: Options): Promise<string> {
  const { id, email } = await findPerson(people, options)
  const name = normalizeLine(options.name ?? '').slice(0, maxNameLength)
  if (!name) throw new CommandError('The name is missing: --name "Ada King"', 2)
  await people.rename(id, name)
  return `${email} is called ${name} now.`
}

/** Sessions end with the password that opened them. */
async function setPassword(people: People, options: Options): Promise<string> {
  const person = await findPerson(people, options)
  const hash = await readPasswordHash(person)
  const changed = await people.changePassword(person.id, hash, { expectedNumber: person.passwordNumber })
  if (!changed) throw new CommandError('The password was changed a moment ago by someone else. Nothing was changed.')
  return `${person.email} has a new password, and was signed out everywhere.`
}

async function removePerson(people: People, options: Options): Promise<string> {
  const { id, email } = await findPerson(people, options)
  await people.remove(id)
  return `${email} was removed, with all their events.`
}

async function findPerson(people: People, options: Options): Promise<Person> {
  const email = readEmail(options)
  const person = await people.findByEmail(email)
  if (!person) throw new CommandError(`${email} has no account. See npm run people -- list`)
  return person
}

async function readPasswordHash(person: { email: string; name: string }): Promise<string> {
  const password = await readNewPassword()
  if (password === null) throw new CommandError('The two passwords differ. Nothing was changed.')
  const error = passwordError(password, person)
  if (error !== null) throw new CommandError(`${error} Nothing was changed.`)
  return (await createPasswords()).hash(password)
}

function readEmail({ email: text }: Options): string {
  if (!text) throw new CommandError('The email address is missing: --email ada@example.com', 2)
  const email = normalizeEmail(text)
  if (!email) throw new CommandError(`${JSON.stringify(text)} is not an email address.`, 2)
  return email
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
