import { expect, it } from 'vitest'
import { allOf } from '../../../src/stores/redis/all.ts'
import { atMost } from '../../../src/stores/redis/at-most.ts'
import { connectionOf, type Ask } from '../../../src/stores/redis/client.ts'

it('gives a session once that moves to a server which was asked before, and one that is told of again', async () => {
  const keys = [new Set(['s:one']), new Set(['s:moves', 's:two'])] as const
  const node =
    (at: 0 | 1): Ask =>
    async () => {
      const told = [...keys[at], ...keys[at]]
      if (at === 0 && keys[1].delete('s:moves')) keys[0].add('s:moves')
      return ['0', told]
    }
  const connection = {
    ...connectionOf({
      async customCommand([, , , key]: string[]) {
        return [key, ['id', key!.slice(2), 'ended', 'revoked', 'endedAt', '1', 'expiresAt', '2']]
      },
    }),
    nodes: async () => [node(0), node(1)],
  }

  const given: string[] = []
  for await (const [id] of allOf(connection, 's:', atMost(100))) given.push(id)

  expect(given.toSorted()).toEqual(['moves', 'one', 'two'])
})
