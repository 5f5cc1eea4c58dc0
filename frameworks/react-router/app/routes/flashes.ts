import { sessionContext } from 'sojourn/react-router'
import type { Route } from './+types/flashes'

export const loader = ({ context }: Route.LoaderArgs) => Response.json(context.get(sessionContext).takeFlashes())
