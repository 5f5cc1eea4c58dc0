// Runs the tests of the core, cookies, formats and sessions in workerd.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort, untilAnswered } from '../../../scripts/servers/free-port.mjs'

const port = await freePort()
const base = `http://127.0.0.1:${port}`
const program = fileURLToPath(new URL('../node_modules/@cloudflare/workerd-linux-64/bin/workerd', import.meta.url))
const config = fileURLToPath(new URL('config.capnp', import.meta.url))
const workerd = spawn(program, ['serve', config, `--socket-addr=http=127.0.0.1:${port}`], {
  env: { NODE_ENV: 'test' },
  stdio: 'inherit',
})
try {
  await untilAnswered(base)
  const names = await fetchJson('/')
  let passed = 0
  for (const name of names) {
    const result = await fetchJson(`/${name}`)
    passed += result.passed
    for (const failure of result.failures) console.error(`${name}: ${failure}`)
    if (result.failures.length > 0 || result.passed === 0) process.exitCode = 1
  }
  console.log(`${passed} tests of ${names.length} files passed in workerd`)
} finally {
  workerd.kill()
}

async function fetchJson(path) {
  const response = await fetch(base + path)
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
  return response.json()
}
