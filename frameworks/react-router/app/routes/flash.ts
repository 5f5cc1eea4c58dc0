import { sessionContext } from 'sojourn/react-router'
import type { Route } from './+types/flash'

export function action({ context }: Route.ActionArgs) {
  context.get(sessionContext).flash('info', 'hello')
  return new Response('ok')
}
