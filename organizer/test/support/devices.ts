import { ada, agents, openBrowser, quickPasswords, type SessionType, startApp } from './app.ts'

export const devices = '/organizer/devices'
export const revoke = '/organizer/devices/revoke'
export const revokeOthers = '/organizer/devices/revoke-others'
export const eve = { email: 'eve@example.com', password: 'an apple of knowledge' }

/** Creates the application with Ada and Eve. */
export async function start(sessionType: SessionType = 'sqlite') {
  const started = await startApp({ sessionType })
  await started.people.add({
    email: eve.email,
    name: 'Eve',
    passwordHash: await quickPasswords.hash(eve.password),
  })
  return started
}

/** Opens a browser and signs a user in, by default Ada. */
export async function signInOn(
  app: Awaited<ReturnType<typeof startApp>>['app'],
  userAgent = agents.firefox,
  fields: Record<string, string> = { ...ada, remember: 'on' },
) {
  const browser = openBrowser(app, new Map(), userAgent)
  await browser.signIn(fields)
  return browser
}

/** Reads the devices of a page: their text, and their ids. */
export function readDeviceCards(page: string) {
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
