import type { APIEvent } from '@solidjs/start/server'

export function POST({ nativeEvent }: APIEvent) {
  nativeEvent.context.session.flash('info', 'hello')
  return new Response('ok')
}
