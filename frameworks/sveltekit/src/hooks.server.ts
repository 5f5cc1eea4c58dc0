import { sequence } from '@sveltejs/kit/hooks'
import { sojourn } from 'sojourn/sveltekit'
import { sessions } from '$lib/server/sessions'

export const handle = sequence(sojourn(sessions), ({ event, resolve }) => resolve(event))
