import type { APIEvent } from '@solidjs/start/server'
import { setCookie } from '@solidjs/start/http'

export function GET({ nativeEvent }: APIEvent) {
  nativeEvent.context.session.renew()
  setCookie('theme', 'dark')
  return new Response('ok')
}
