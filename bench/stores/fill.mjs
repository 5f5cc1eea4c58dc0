import { randomBytes } from 'node:crypto'

const atOnce = 500

/** Calls a function so many times, with many of its promises at a time. @param {number} count @param {(index: number) => any} add */
export async function fill(count, add) {
  let next = 0
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < count) await add(next++)
    }),
  )
}

/** Puts all of an iterable somewhere, many at a time. @param {Iterable<any>} items @param {(item: any) => any} add */
export async function fillWith(items, add) {
  const iterator = items[Symbol.iterator]()
  const worker = async () => {
    for (const item of iterator) await add(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

export const randomText = (bytes) => randomBytes(bytes).toString('base64url')
