import { expect, it } from 'vitest'
import { scanAll } from '../../../src/stores/redis/scan-all.ts'
import { limitConcurrency } from '../../../src/stores/redis/limit-concurrency.ts'
import { createRedisConnection } from '../../../src/stores/redis/connection/connection.ts'
import { type Ask } from '../../../src/stores/redis/connection/types.ts'

/** Two servers, with their keys; the number of scans of each; and a slot that moves when they have answered. */
function cluster(slots: (asked: number) => readonly [string, string]) {
  const keys = [new Set(['s:g:one']), new Set(['s:g:moves', 's:g:two'])] as const
  const asked = [0, 0]
  const node =
    (at: 0 | 1): Ask =>
    async (command) => {
      if (command === 'CLUSTER') {
        const [own, others] = slots(asked[1]!).map((each, of) => `id-${of} 127.0.0.1:${of} master - 0 1 ${each}`)
        const lines = [own!, others!].map((line, of) => (of === at ? line.replace('master', 'myself,master') : line))
        return lines.join('\n')
      }
      const keysFound = [...keys[at], ...keys[at]]
      asked[at]!++
      if (at === 0 && keys[1].delete('s:g:moves')) keys[0].add('s:g:moves')
      return ['0', keysFound]
    }
  const connection = {
    ...createRedisConnection({
      async customCommand([, , , key]: string[]) {
        const id = key!.slice('s:g:'.length)
        return [key, [id, `2000000000 stamp ${id} 1 revoked 1`]]
      },
    }),
    listPrimaries: async () => [node(0), node(1)],
  }
  return { connection, asked }
}

async function given(connection: Parameters<typeof scanAll>[0]): Promise<string[]> {
  const ids: string[] = []
  for await (const entry of scanAll(connection, 's:', limitConcurrency(100))) {
    if ('key' in entry) ids.push(entry.key.id)
  }
  return ids.toSorted()
}

it('returns a session that moves to a server which was scanned before, and none twice that two servers report', async () => {
  const { connection } = cluster((asked) =>
    asked === 0 ? ['1 connected 0-5', '2 connected 6-9'] : ['3 connected 0-6', '2 connected 7-9'],
  )

  expect([...new Set(await given(connection))]).toEqual(['moves', 'one', 'two'])
})

it('asks again while a slot is half-way, and not for ever', async () => {
  const { connection, asked } = cluster(() => ['1 connected 0-5 [6-<-id-1]', '2 connected 6-9 [6->-id-0]'])

  expect([...new Set(await given(connection))]).toEqual(['moves', 'one', 'two'])
  expect(asked).toEqual([10, 10])
})

it('asks once where no slot moved, and gives each once', async () => {
  const { connection, asked } = cluster(() => ['1 connected 0-5', '2 connected 6-9'])

  expect(await given(connection)).toEqual(['one', 'two'])
  expect(asked).toEqual([1, 1])
})
