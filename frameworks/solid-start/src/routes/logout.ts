import type { APIEvent } from '@solidjs/start/server'
import { redirect } from '@solidjs/router'

export function POST({ nativeEvent }: APIEvent) {
  nativeEvent.context.session.signOut()
  return redirect('/', 303)
}
