import type { NodeAddress } from './client-types.ts'
import type { Ask } from './types.ts'

export const createAsk = (send: (command: string[]) => Promise<unknown>, address?: NodeAddress): Ask =>
  Object.assign((...command: string[]) => send(command), { address })
