import type { Settings } from './options.ts'

/** Whether a record is a valid session. Emits koa-session's event if it is not. */
export function isValid({ valid }: Settings, ctx: any, record: any, key: string | undefined): boolean {
  const report = (event: string): false => {
    setImmediate(() => ctx.app.emit(`session:${event}`, { key, value: record, ctx }))
    return false
  }
  if (!record) return report('missed')
  if (typeof record._expire === 'number' && record._expire < Date.now()) return report('expired')
  return valid === undefined || valid(ctx, record) ? true : report('invalid')
}
