import type { APIEvent } from '@solidjs/start/server'

export function GET({ nativeEvent }: APIEvent) {
  nativeEvent.context.session.data['lost'] = true
  throw new Error('a mistake in a handler')
}
