import { describe, expect, it } from 'vitest'
import type { Sessions } from '../../src/index.ts'
import { signedIn, world } from '../support/sessions.ts'

type Source = Parameters<Sessions['open']>[0]

describe('sessions.open', () => {
  it.each<[string, (cookie: string) => Source]>([
    ['a Request', (Cookie) => new Request('https://example.com/', { headers: { Cookie } })],
    ['its Headers', (Cookie) => new Headers({ Cookie })],
    ['the text of its Cookie header', (cookie) => cookie],
  ])('takes %s', async (_, sourceOf) => {
    const visited = world()
    const { cookie } = await signedIn(visited)

    expect((await visited.sessions.open(sourceOf(cookie))).userId).toBe('ada')
  })

  it.each<[string, Source]>([
    ['a Request without a cookie', new Request('https://example.com/')],
    ['Headers without a cookie', new Headers()],
    ['null', null],
    ['undefined', undefined],
    ['an empty text', ''],
  ])('gives %s a guest', async (_, source) => {
    expect((await world().sessions.open(source)).outcome).toBe('none')
  })

  it.each<[string, unknown]>([
    ['a request of Node', { headers: { cookie: 'session=x' } }],
    ['a request of Node that has a header named get', { headers: { get: 'x' } }],
    ['the cookies of Next', { get: () => ({ name: 'Cookie', value: 'x' }) }],
    ['a number', 5],
    ['a function', () => null],
  ])('refuses %s, naming what it takes', async (_, source) => {
    await expect(world().sessions.open(source as Source)).rejects.toMatchObject({
      code: 'ERR_OPTIONS',
      message: expect.stringMatching(/takes a Request, Headers, .* or null.*request\.headers\.cookie/),
    })
  })
})
