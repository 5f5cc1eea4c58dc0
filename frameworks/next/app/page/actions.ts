'use server'
import { redirect } from 'next/navigation'
import { action } from '../../lib/session'

export const signIn = action(async (session, form: FormData) => {
  session.signIn(String(form.get('name')))
  redirect('/page')
})

/** Changes the session and says nothing of it. */
export const remember = action(async (session) => {
  session.data['note'] = 'kept'
})

export const signOut = action(async (session) => session.signOut())

export const signOutAndFail = action(async (session) => {
  session.signOut()
  throw new Error('a mistake in an action')
})
