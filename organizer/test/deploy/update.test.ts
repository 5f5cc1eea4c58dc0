import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const deploy = fileURLToPath(new URL('../../../deploy', import.meta.url))
const original = readFileSync(join(deploy, 'nginx.conf'), 'utf8')
const alone = (name: string) => original.replace(new RegExp(`^.*server ${name}:5000.*\n`, 'm'), '')

/** A fake docker that uses a folder. A container named in `broken` does not start, and is then in `gone`. */
const docker = `#!/bin/sh
set -eu
[ "$1" = compose ] || exit 9
for last; do :; done
case "$2" in
  build) shift 2; echo "build $*" >> "$STATE/log" ;;
  up) echo "up $last" >> "$STATE/log"
    rm -f "$STATE/gone/$last"
    [ ! -e "$STATE/broken/$last" ] || { : > "$STATE/gone/$last"; exit 1; } ;;
  exec) case "$3 $4 $5" in
    '-T nginx wget') name="\${last#http://}"; [ ! -e "$STATE/gone/\${name%%:*}" ] ;;
    '-T nginx sh') sh -c "$(printf %s "$last" | sed "s| /etc/nginx/| $STATE/|g; s| /deploy/| $STATE/deploy/|g")" ;;
    *) exit 9 ;;
    esac ;;
  *) exit 9 ;;
esac
`
/** A fake nginx that refuses names of containers that do not run, as nginx does. */
const nginx = `#!/bin/sh
set -eu
case "$1" in
  -t) for name in $(ls "$STATE/gone"); do ! grep -q "server $name:" "$STATE/nginx.conf" || exit 1; done ;;
  -s) cp "$STATE/nginx.conf" "$STATE/running"
    echo $(sed -n 's/.*server organizer-\\(.\\):.*/asks \\1/p' "$STATE/running") >> "$STATE/log" ;;
esac
`

describe('deploy/update.sh', () => {
  let state: string
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'organizer-update-'))
    for (const folder of ['bin', 'broken', 'gone']) mkdirSync(join(state, folder))
    cpSync(deploy, join(state, 'deploy'), { recursive: true })
    writeFileSync(join(state, 'bin', 'docker'), docker, { mode: 0o700 })
    writeFileSync(join(state, 'bin', 'nginx'), nginx, { mode: 0o700 })
    writeFileSync(join(state, 'bin', 'sleep'), '#!/bin/sh\n', { mode: 0o700 })
  })
  afterEach(() => rmSync(state, { recursive: true }))

  const read = (name: string) => readFileSync(join(state, name), 'utf8')
  const env = () => ({ PATH: `${join(state, 'bin')}:${process.env.PATH}`, STATE: state })
  const script = () => join(state, 'deploy', 'update.sh')
  const update = () => spawnSync('sh', [script()], { env: env(), encoding: 'utf8' })

  /** Returns the steps since the last call. */
  function done(): string[] {
    const lines = read('log').trim().split('\n')
    rmSync(join(state, 'log'))
    return lines.map((line) => line.trim())
  }

  const whole = [
    'build organizer-1 organizer-2',
    'asks 2',
    'up organizer-1',
    'asks 1',
    'up organizer-2',
    'asks 1 asks 2',
  ]

  it('has valid shell syntax', () => {
    expect(spawnSync('sh', ['-n', script()], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  })

  it('replaces one container after another, and restores the nginx configuration', () => {
    for (let run = 0; run < 2; run++) {
      expect(update()).toMatchObject({ status: 0, stderr: '' })
      expect(done()).toEqual(whole)
      expect(read('running')).toBe(original)
    }
  })

  it.each([
    ['organizer-1', 'asks 1', 'asks 2'],
    ['organizer-2', 'asks 2', 'asks 1'],
  ])('if %s does not start, uses the other until it does', (name, ofIt, ofOther) => {
    writeFileSync(join(state, 'broken', name), '')
    for (let run = 0; run < 2; run++) {
      const { status, stderr } = update()
      expect(status).toBe(1)
      expect(stderr).toContain('The update broke off.\nnginx goes on with those that run.')
      expect(done().at(-1)).toBe(`up ${name}`)
      expect(read('running')).toBe(alone(name))
    }
    rmSync(join(state, 'broken', name))
    expect(update()).toMatchObject({ status: 0, stderr: '' })
    const [build, ...steps] = done()
    expect(build).toBe('build organizer-1 organizer-2')
    expect(steps.slice(0, 3)).toEqual([ofOther, `up ${name}`, ofIt]) // this one first, because the other is needed
    expect(steps.at(-1)).toBe('asks 1 asks 2')
    expect(read('running')).toBe(original)
  })

  it('uses both again after it was stopped halfway', async () => {
    writeFileSync(join(state, 'bin', 'sleep'), '#!/bin/sh\n: > "$STATE/waits"\nexec /bin/sleep 1\n', { mode: 0o700 })
    const child = spawn('sh', [script()], { env: env() })
    for (let tries = 0; !existsSync(join(state, 'waits')) && tries < 400; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(read('running')).toBe(alone('organizer-1'))
    child.kill('SIGTERM')
    expect((await once(child, 'close'))[0]).toBe(143)
    expect(done()).toEqual(['build organizer-1 organizer-2', 'asks 2', 'asks 1 asks 2'])
    expect(read('running')).toBe(original)
  })
})
