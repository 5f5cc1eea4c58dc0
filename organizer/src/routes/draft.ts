import { Hono } from 'hono'
import { isOwnDraft, readDraft } from '../event-form.ts'
import { readForm } from '../form.ts'
import { currentPerson, userOf } from '../middleware/require-user.ts'
import type { AppEnv } from '../app-env.ts'
import type { Dependencies } from '../dependencies.ts'
import { loginPath, paths } from '../paths.ts'
import { sendDraft } from './event-form.tsx'
import { isAgain, signInPage } from './sign-in-page.tsx'

/**
 * Keeps a half-typed event. `typed.js` posts the form here when the user must leave it to sign in. The query says why, as
 * that of the sign-in page does.
 */
export function draftRoutes(dependencies: Dependencies): Hono<AppEnv> {
  const { people } = dependencies
  const sendSignInPage = signInPage(dependencies)
  const app = new Hono<AppEnv>()

  app.post(paths.draft, async (c) => {
    const draft = readDraft(await readForm(c))
    if (!draft) return c.redirect(loginPath(paths.newEvent), 303)
    const person = await currentPerson(c, people)
    if (!person) return sendSignInPage(c, { draft })
    if (!isOwnDraft(person, draft)) return c.redirect(paths.dashboard, 303) // never show it to another user
    if (isAgain(c)) return sendSignInPage(c, { draft, email: person.email, remember: c.var.session.remember })
    return sendDraft(c, userOf(c, person, dependencies), draft, dependencies)
  })

  // The browser has this path in its address bar, and may load it again.
  app.get(paths.draft, (c) => c.redirect(paths.newEvent))

  return app
}
