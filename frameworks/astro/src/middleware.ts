import type { APIContext, MiddlewareNext } from 'astro'
import { defineMiddleware } from 'astro:middleware'
import type { Session } from 'sojourn'
import { sojourn } from 'sojourn/fetch'
import { sessions } from './sessions'

declare global {
  namespace App {
    interface Locals {
      session: Session
    }
  }
}

const handle = sojourn(sessions, async (_request, session, context: APIContext, next: MiddlewareNext) => {
  context.locals.session = session
  try {
    return await next()
  } catch (error) {
    console.error(error)
    return new Response(null, { status: 500 }) // Astro sends 500.astro in its place
  }
})

export const onRequest = defineMiddleware((context, next) =>
  context.isPrerendered ? next() : handle(context.request, context, next),
)
