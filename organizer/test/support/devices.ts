import { ada, agents, openBrowser, quickPasswords, type SessionType, startApp } from './app.ts'

export const devices = '/organizer/devices'
export const revoke = '/organizer/devices/revoke'
export const nameDevice = '/organizer/devices/name'
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

/** Reads the rows of the devices page: their ids, their names and their text. A row of several sign-ins has several ids. */
export function readDevices(page: string) {
  return page
    .split('<li class="device">')
    .slice(1)
    .map((row) => ({
      id: /id="about-([^"]+)"/.exec(row)?.[1] ?? '',
      ids: [
        ...row
          .split('class="device-actions"')
          .at(-1)!
          .matchAll(/name="id" value="([^"]+)"/g),
      ].map(([, id]) => id!),
      name: /<span dir="auto">([^<]*)</.exec(row)?.[1] ?? '',
      text: row
        .split('</ul>')[0]!
        .replaceAll(/<(?!\/?(time|span)\b)[^>]+>/g, ' ')
        .replaceAll(/<[^>]+>/g, '')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    }))
}
