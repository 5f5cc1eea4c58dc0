import type { APIEvent } from '@solidjs/start/server'

export function POST({ nativeEvent }: APIEvent) {
  nativeEvent.context.session.signOut()
  throw new Error('a mistake after a sign-out')
}
