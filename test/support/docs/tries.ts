import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { secret } from '../sessions.ts'
import { documentation, type Block } from './blocks.ts'
import { programFolder } from './programs.ts'
import { compile, needsServer } from './project.ts'

/** The blocks of all pages that keep sessions in some kind of server. */
export async function blocksOf(kind: RegExp): Promise<Block[]> {
  const blocks = (await documentation()).flatMap((page) => page.blocks)
  return blocks.filter(({ language, text }) => language === 'ts' && needsServer(text) && kind.test(text))
}

/** Blocks that are compiled, and can be run. */
export interface Tries {
  /** Runs a block as a program, and resolves to what came of sessions that it made; of an application, to a status. */
  run(block: Block): Promise<string>
  /** Writes what was compiled of a block as a module, and resolves to its file. */
  place(block: Block, more?: string): Promise<string>
  remove(): Promise<void>
}

/** The result of {@link Tries.run} if the sessions of a block are as they should be. */
export const works = JSON.stringify({ userId: 'ada', cart: ['tea'], ended: 1, outcome: 'revoked' })

/** The same of a block that only reads another library's sessions from a server: its own are in cookies, where no one can revoke them. */
export const resultOf = (text: string): string =>
  text.includes('accept:') && !/(?:postgres|redis)Store\(/.test(text) ? works.replace('revoked', 'ended') : works

const probe = `
import { signedInAs } from 'sojourn/testing'
if (typeof app === 'undefined') {
  const cookie = await signedInAs(sessions, 'ada', { data: { cart: ['tea'] } })
  const { userId, data } = await sessions.open(cookie)
  if (!sessions.revocable) {
    const session = await sessions.open(cookie)
    session.signOut()
    await sessions.commit(session)
  }
  const { ended } = sessions.revocable ? await sessions.revokeAll('ada') : { ended: 1 }
  const { outcome } = await sessions.open(cookie)
  console.log(JSON.stringify({ userId, cart: data.cart, ended, outcome }))
} else console.log(String((await app.request('/')).status))
process.exit()
`

/** Compiles the pages of some blocks. `at` puts the address of a server in the place of the one that a block names. */
export async function tries(blocks: readonly Block[], at: (program: string) => string): Promise<Tries> {
  const folder = await programFolder('docs-')
  await mkdir(join(folder, '.data')) // which a step before has made, in docs/growing.md
  const files = new Map<string, string>()
  const pages = (await documentation()).filter(({ path }) => blocks.some(({ name }) => name.startsWith(`${path}:`)))
  for (const { snippets } of await compile(pages, folder)) {
    for (const { block, file } of snippets) files.set(block.name, file)
  }

  async function place({ name }: Block, more = ''): Promise<string> {
    const file = join(folder, `${name.replace(/\W+/g, '-')}.mjs`)
    // A block that closes what it opened shows when to: here it is needed for a moment longer.
    const program = (await readFile(files.get(name)!, 'utf8'))
      .replace(/^await (store|options)\.close\(\);$/m, '')
      // A busy machine may need longer than the default.
      .replaceAll('createSessions({', 'createSessions({ storeTimeout: 5,')
    await writeFile(file, `${at(program)}${more}`)
    return file
  }

  return {
    place,
    async run(block) {
      const keys = { SECRET_KEY: secret('docs'), SESSION_SECRET: secret('another library') }
      const env = { PATH: process.env['PATH'], ...keys }
      const args = [await place(block, probe)]
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env, timeout: 25_000 })
      return stdout.trim().split('\n').at(-1) ?? '' // some clients say things of their own first
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
