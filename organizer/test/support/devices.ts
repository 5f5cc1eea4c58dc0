import { ada, agents, openBrowser, quickPasswords, type SessionType, startApp } from './app.ts'

export const devices = '/organizer/devices'
export const revoke = '/organizer/devices/revoke'
export const revokeOthers = '/organizer/devices/revoke-others'
export const eve = { email: 'eve@example.com', password: 'an apple of knowledge' }

/** The application with Ada and Eve. */
export async function start(sessionType: SessionType = 'sqlite') {
  const started = await startApp({ sessionType, dependencies: { passwords: quickPasswords } })
  await started.people.add({
    email: eve.email,
    name: 'Eve',
    passwordHash: await quickPasswords.hash(eve.password),
  })
  return started
}

/** A browser in which somebody has signed in, Ada unless it is said otherwise. */
export async function signedInOn(
  app: Awaited<ReturnType<typeof startApp>>['app'],
  userAgent = agents.firefox,
  fields: Record<string, string> = { ...ada, remember: 'on' },
) {
  const browser = openBrowser(app, new Map(), userAgent)
  await browser.signIn(fields)
  return browser
}

/** The devices that a page shows: their text, as it is read, and the ids by which they are signed out. */
export function cardsOf(page: string) {
  return [...page.matchAll(/<li class="card device">(.*?)<\/li>/gs)].map(([, card = '']) => ({
    id: /id="about-([^"]+)"/.exec(card)?.[1] ?? '',
    name: /<h2>([^<]*?) *</.exec(card)?.[1] ?? '',
    text: card
      .replaceAll(/<(?!\/?(time|span)\b)[^>]+>/g, ' ')
      .replaceAll(/<[^>]+>/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  }))
}
