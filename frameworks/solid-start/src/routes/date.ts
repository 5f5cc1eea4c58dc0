import type { APIEvent } from '@solidjs/start/server'

export function GET({ nativeEvent }: APIEvent) {
  nativeEvent.context.session.data['at'] = new Date()
  return new Response('ok')
}
