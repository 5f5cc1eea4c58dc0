import type { APIEvent } from '@solidjs/start/server'

export const GET = ({ nativeEvent }: APIEvent) => Response.json(nativeEvent.context.session.takeFlashes())
