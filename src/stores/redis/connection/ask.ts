import type { Ask, NodeAddress } from './types.ts'

export const createAsk = (send: (command: string[]) => Promise<unknown>, address?: NodeAddress): Ask =>
  Object.assign((...command: string[]) => send(command), { address })
