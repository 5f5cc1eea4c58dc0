import type { Ask } from './types.ts'
import type { At } from './types.ts'

export const asking = (send: (command: string[]) => Promise<unknown>, at?: At): Ask =>
  Object.assign((...command: string[]) => send(command), { at })
