import { createSessions } from 'sojourn'
import { signedInAs } from 'sojourn/testing'
import { randomBytes } from 'node:crypto'
import { sealedFloor, signedFloor } from '../floors.mjs'

export const floors = [
  {
    name: 'floor: a hand-written signed cookie',
    kind: 'floor',
    create() {
      const { open, seal } = signedFloor()
      return {
        make: seal,
        read: (header, key) => open(header)[key],
        change(header, key, next) {
          const data = open(header)
          data[key] = next(data[key])
          return seal(data)
        },
      }
    },
  },
  {
    name: 'floor: a hand-written sealed cookie, as long as Sojourn’s',
    kind: 'floor',
    async create() {
      const { open, seal } = sealedFloor()
      const sojourns = (await signedInAs(createSessions({ secrets: [randomBytes(32)] }), '42')).length
      const claims = 'x'.repeat(Math.floor(((sojourns - 8) * 3) / 4) - 28 - JSON.stringify({ claims: '' }).length)
      return {
        make: (data) => seal({ ...data, claims }),
        read: (header, key) => open(header)[key],
        change(header, key, next) {
          const data = open(header)
          data[key] = next(data[key])
          return seal(data)
        },
      }
    },
  },
]
