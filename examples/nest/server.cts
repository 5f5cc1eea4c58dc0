// Counts visits, signs in and out, and lists devices, with NestJS. From a clone: npm run build && npx tsc -p examples/nest && node examples/nest/out/nest/server.cjs
import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  Header,
  Headers,
  Module,
  Post,
  Redirect,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import Database from 'libsql' // or better-sqlite3, node:sqlite, bun:sqlite
import { createSessions, explain } from 'sojourn'
import { Session, SignedInGuard, SojournModule } from 'sojourn/nest'
import { sqliteStore } from 'sojourn/sqlite'
import { browserName, page } from '../page.mjs'

const sessions = createSessions({ store: sqliteStore(new Database(process.env['SESSIONS_FILE'] ?? 'sessions.db')) })

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
  async showPage(@Session() session: Session): Promise<string> {
    session.data.visits = (session.data.visits ?? 0) + 1
    const { userId, csrfToken } = session
    const messages = session.takeFlashes().map(({ message }) => message)
    if (session.outcome === 'revoked') messages.push(explain(session.outcome).sentence)
    const devices = userId === null ? [] : await sessions.list(userId)
    return page({ userId, visits: session.data.visits, messages, csrfToken, devices, thisDevice: session.id })
  }

  @Post('sign-in')
  @Redirect('/', 303)
  signIn(@Session() session: Session, @Body() form: Form, @Headers('user-agent') userAgent?: string): void {
    // Your application looks the user up in its database here, and compares password hashes.
    const known = form['name'] === 'ada' && form['password'] === 'difference engine'
    const label = browserName(userAgent)
    if (known) session.signIn('ada', { remember: form['remember'] === 'on', label })
    session.flash('info', known ? 'You are signed in.' : `There is no ${form['name']} with this password.`)
  }

  @Post('sign-out')
  @Redirect('/', 303)
  signOut(@Session() session: Session): void {
    session.signOut()
    session.flash('info', 'You are signed out.')
  }

  @Post('devices/end')
  @UseGuards(SignedInGuard)
  @Redirect('/', 303)
  async endDevice(@Session() session: Session, @Body() form: Form): Promise<void> {
    await sessions.revoke(session.userId!, String(form['id']))
    session.flash('info', 'That device is signed out.')
  }

  @Post('devices/end-others')
  @UseGuards(SignedInGuard)
  @Redirect('/', 303)
  async endOtherDevices(@Session() session: Session): Promise<void> {
    await sessions.revokeAll(session.userId!, { except: session })
    session.flash('info', 'You are signed out everywhere else.')
  }
}

@Module({
  imports: [SojournModule.forRoot(sessions)],
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
