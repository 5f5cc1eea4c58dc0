import { sessionContext } from 'sojourn/react-router'
import type { Route } from './+types/read'

export const loader = ({ context }: Route.LoaderArgs) => new Response(context.get(sessionContext).userId)
