import type { APIEvent } from '@solidjs/start/server'

export const GET = ({ nativeEvent }: APIEvent) => new Response(nativeEvent.context.session.userId)
