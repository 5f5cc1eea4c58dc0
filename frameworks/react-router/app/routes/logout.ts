import { redirect } from 'react-router'
import { sessionContext } from 'sojourn/react-router'
import type { Route } from './+types/logout'

export function action({ context }: Route.ActionArgs) {
  context.get(sessionContext).signOut()
  return redirect('/')
}
