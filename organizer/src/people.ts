#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { readNewPassword } from './server/read-new-password.ts'
import { ConfigError, loadEnvFile, readConfig } from './server/config.ts'
import { DatabaseDown } from './server/outage.ts'
import { openDb } from './data/open-db.ts'
import { createPeople, normalEmail } from './data/people.ts'
import { line } from './form.ts'
import { createPasswords, passwordError } from './passwords.ts'
import { Refusal } from './server/command-error.ts'

const help = `Who may sign in to Organizer.

  npm run people -- add --email ada@example.com [--name "Ada Lovelace"]
  npm run people -- list

add asks for the password twice. Without a terminal it reads one line from standard input:
  npm run people -- add --email ada@example.com < password.txt

People are kept in the folder DATA_DIR (.data where it is not set), or in Postgres where there is a DATABASE_URL.`

try {
  loadEnvFile()
  await run(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Refusal || error instanceof ConfigError || error instanceof DatabaseDown)) throw error
  console.error(error.message)
  process.exitCode = error instanceof Refusal ? error.exitCode : 1
}

async function run(args: string[]): Promise<void> {
  const { values, positionals } = parse(args)
  if (values.help || positionals[0] === 'help') return console.log(help)
  const [command, ...rest] = positionals
  if (rest.length > 0) throw new Refusal(`${rest[0]} is one word too many. See npm run people -- --help`, 2)
  if (command === 'add') return add(values.email, values.name)
  if (command === 'list' && !values.email && !values.name) return list()
  throw new Refusal(command ? `${command} is not known, or not with these options.\n\n${help}` : help, 2)
}

async function add(typed: string | undefined, typedName: string | undefined): Promise<void> {
  if (!typed) throw new Refusal('Whose account is it? Say so with --email ada@example.com', 2)
  const email = normalEmail(typed)
  if (!email) throw new Refusal(`${JSON.stringify(typed)} is not an email address.`, 2)
  const { db, people } = await open()
  try {
    const present = await people.byEmail(email)
    if (present && !present.demo) throw new Refusal(`${email} has an account already.`)
    const password = await readNewPassword()
    if (password === null) throw new Refusal('The two passwords differ. Nobody was added.')
    const error = passwordError(password)
    if (error !== null) throw new Refusal(`${error} Nobody was added.`)
    const passwordHash = await (await createPasswords()).hash(password)
    const person = await people.add({
      email,
      name: line(typedName ?? '').slice(0, 80) || nameFrom(email),
      passwordHash,
    })
    if (!person) throw new Refusal(`${email} has an account already.`)
    console.log(`${person.name} <${person.email}> can sign in now.`)
  } finally {
    await db.close()
  }
}

async function list(): Promise<void> {
  const { db, people } = await open()
  const all = await people.all().finally(db.close)
  if (all.length === 0) console.log('Nobody yet. Add somebody: npm run people -- add --email ada@example.com')
  for (const { email, name, demo, createdAt } of all) {
    console.log(
      `${new Date(createdAt).toISOString().slice(0, 10)}  ${email}  ${name}${demo ? '  (demo, in development only)' : ''}`,
    )
  }
}

async function open() {
  const config = readConfig(process.env)
  const db = await openDb(config)
  return { db, people: createPeople(db, { withDemo: !config.production }) }
}

function parse(args: string[]) {
  const options = {
    email: { type: 'string' },
    name: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    // What Node adds is about arguments that begin with a hyphen, which there are none of.
    const [message] = (error as Error).message.split('. ')
    throw new Refusal(`${message}.\n\n${help}`, 2)
  }
}

function nameFrom(email: string): string {
  const words = email.slice(0, email.indexOf('@')).split(/[._+-]+/)
  return (
    words
      .filter(Boolean)
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join(' ') || email
  )
}
