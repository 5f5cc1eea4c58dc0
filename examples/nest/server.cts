// Counts visits, signs in and out, with NestJS. From a clone: npm run build && npx tsc -p examples/nest && node examples/nest/out/server.cjs
import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  Header,
  Module,
  Post,
  Redirect,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import { createSessions } from 'sojourn'
import { Session, SojournModule } from 'sojourn/nest'

type Form = Record<string, string | undefined>

/** Refuses forms of other sites. */
class FormGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { method, session, body } = context.switchToHttp().getRequest<{
      method: string
      session: Session
      body?: Form
    }>()
    if (method !== 'POST' || session.isCsrfToken(body?.['csrf'])) return true
    throw new ForbiddenException('This form is too old. Go back and reload it.')
  }
}

@Controller()
class PageController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  page(@Session() session: Session): string {
    session.data.visits = (session.data.visits ?? 0) + 1
    const messages = session.takeFlashes()
    const csrf = `<input type="hidden" name="csrf" value="${session.csrfToken}">`
    return `<!doctype html>
      <html lang="en">
        <meta name="viewport" content="width=device-width">
        <title>Visit ${session.data.visits}</title>
        <main>
          <h1>Visit ${session.data.visits} of ${escaped(session.userId ?? 'a guest')}</h1>
          ${messages.map(({ message }) => `<p role="status">${escaped(message)}</p>`).join('')}
          <form method="post" action="${session.userId === null ? '/sign-in' : '/sign-out'}">
            ${csrf}
            ${session.userId === null ? signIn : '<button>Sign out</button>'}
          </form>
        </main>
      </html>`
  }

  @Post('sign-in')
  @Redirect('/', 303)
  signIn(@Session() session: Session, @Body() form: Form): void {
    // Your application looks the user up in its database here, and compares password hashes.
    const known = form['name'] === 'ada' && form['password'] === 'difference engine'
    if (known) session.signIn('ada', { remember: form['remember'] === 'on' })
    session.flash('info', known ? 'You are signed in.' : `There is no ${form['name']} with this password.`)
  }

  @Post('sign-out')
  @Redirect('/', 303)
  signOut(@Session() session: Session): void {
    session.signOut()
    session.flash('info', 'You are signed out.')
  }
}

const signIn = `
  <p><label>Name <input name="name" autocomplete="username"></label></p>
  <p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
  <p><label><input name="remember" type="checkbox"> Stay signed in</label></p>
  <button>Sign in</button>`

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

@Module({
  imports: [SojournModule.forRoot(createSessions())],
  controllers: [PageController],
  providers: [{ provide: APP_GUARD, useClass: FormGuard }],
})
class AppModule {}

async function start(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
  const port = Number(process.env['PORT'] ?? 3000)
  await app.listen(port, 'localhost')
  console.log(`http://localhost:${port}`)
}

start().catch((error: Error) => {
  console.error(error.message) // for example, the port is in use
  process.exitCode = 1
})
