// New projects of the templates of frameworks, with the lines of docs/frameworks.md. Their types are compiled strictly.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createChecks } from './check.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Templates that their npm package holds. Those of Astro, Nuxt, React Router, SolidStart and Hono are downloaded from elsewhere.
 *
 * `create` makes a project in the folder `app`, and `heading` is its section of the page, whose files are put into `folder`.
 * `probe` is a file with a mistake, which shows that the session has a type.
 */
const templates = {
  'template-next': {
    host: 'create-next-app',
    version: '16.4.3',
    create: 'app --ts --app --no-eslint --no-tailwind --no-src-dir --skip-install --disable-git --use-npm --yes',
    heading: 'Next',
    check: 'next typegen && tsc -p tsconfig.strict.json',
    probe: [
      'app/probe.ts',
      `import { getSession } from '../lib/session'
// @ts-expect-error A guest has none.
export const lengthOfUser = async () => (await getSession()).userId.length`,
    ],
  },
  'template-sveltekit': {
    host: 'sv',
    version: '0.17.1',
    create: 'create app --template minimal --types ts --no-add-ons --no-install',
    heading: 'SvelteKit',
    check: 'svelte-kit sync && svelte-check --fail-on-warnings --tsconfig ./tsconfig.strict.json',
    probe: [
      'src/routes/+page.server.ts',
      `import type { PageServerLoad } from './$types'
// @ts-expect-error A guest has none.
export const load: PageServerLoad = ({ locals }) => ({ length: locals.session.userId.length })`,
    ],
  },
  'template-nest': {
    host: '@nestjs/cli',
    version: '11.0.13',
    create: 'new app --strict --skip-install --skip-git --package-manager npm',
    heading: 'NestJS',
    folder: 'src',
    check: 'tsc -p tsconfig.strict.json',
    probe: [
      'src/probe.ts',
      `import type { Session } from 'sojourn/nest'
// @ts-expect-error A guest has none.
export const lengthOfUser = (session: Session) => session.userId.length`,
    ],
  },
  'template-tanstack-start': {
    host: '@tanstack/cli',
    version: '0.71.0',
    create: 'create app --no-install --no-git --no-examples --no-intent --package-manager npm --yes',
    heading: 'TanStack Start',
    check: 'vite build && tsc -p tsconfig.strict.json',
    probe: [
      'src/probe.ts',
      `import { getUser } from './sign-in'
// @ts-expect-error A guest has none.
export const lengthOfUser = async () => (await getUser()).length`,
    ],
  },
}

export const templateNames = Object.keys(templates)

/** Makes a project, and compiles its types. Resolves to the package of the template, its version, and the results. */
export async function runTemplate(name) {
  const { host, version, create, heading, folder = '', check, probe } = templates[name]
  const checks = createChecks()
  const place = mkdtempSync(join(tmpdir(), 'sojourn-template-'))
  const project = join(place, 'app')
  try {
    await run(place, `npx --yes ${host}@${version} ${create}`)
    await run(root, `npm pack --ignore-scripts --pack-destination ${place}`)
    const packed = readdirSync(place).find((file) => file.endsWith('.tgz'))
    await run(project, `npm install --ignore-scripts --no-audit --no-fund ../${packed}`)
    const files = [...filesOf(heading), probe].map(([file, text]) => [join(project, folder, file), text])
    for (const [file, text] of files) {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    const compilerOptions = { noEmit: true, strict: true, exactOptionalPropertyTypes: true }
    writeFileSync(
      join(project, 'tsconfig.strict.json'),
      JSON.stringify({ extends: './tsconfig.json', compilerOptions }),
    )
    await run(project, `PATH=node_modules/.bin:$PATH; ${check}`)
    for (const [file] of files) checks.check(`the types of ${file}`, true)
  } catch (error) {
    checks.failures.push(`${error.message}\n${error.stdout}`)
  } finally {
    rmSync(place, { recursive: true })
  }
  return { host, version, checks }
}

/** The blocks of a section that begin with the name of their file: each file and its text. */
function filesOf(heading) {
  const page = readFileSync(join(root, 'docs/frameworks.md'), 'utf8')
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))
  return Array.from(section.matchAll(/^```tsx\n\/\/ (\S+)\n([^]*?)^```/gm), ([, file, text]) => [file, text])
}

async function run(cwd, command) {
  const { PATH, HOME } = process.env
  return promisify(execFile)('sh', ['-c', command], {
    cwd,
    env: { PATH, HOME, CI: 'true', NEXT_TELEMETRY_DISABLED: '1' },
  })
}
