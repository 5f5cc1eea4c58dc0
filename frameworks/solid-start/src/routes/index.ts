import type { APIEvent } from '@solidjs/start/server'

export function GET({ nativeEvent }: APIEvent) {
  const { session } = nativeEvent.context
  session.data.visits = (session.data.visits ?? 0) + 1
  return new Response(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
}
