import { addDays } from '../dates.ts'
import type { Passwords } from '../passwords.ts'
import type { Events } from './events.ts'
import type { People } from './people.ts'

/** The demo account, which exists in development only. */
export const demoAccount = { email: 'john.smith@example.com', password: 'password123', name: 'John Smith' }

/** Whether the demo account still has the password that the sign-in page shows. Its user may have changed it. */
export async function hasInitialDemoPassword(people: People): Promise<boolean> {
  return ((await people.findByEmail(demoAccount.email))?.passwordNumber ?? 1) === 1
}

/** Creates the demo account and its events, unless its address is taken. */
export async function createDemoAccount(
  people: People,
  events: Events,
  passwords: Passwords,
  today: string,
): Promise<void> {
  if (await people.findByEmail(demoAccount.email)) return
  const passwordHash = await passwords.hash(demoAccount.password)
  const person = await people.add({ email: demoAccount.email, name: demoAccount.name, passwordHash, demo: true })
  if (!person) return // another process has just created it
  for (const [days, time, title, place, description] of demoEvents) {
    await events.add(person.id, { title, startsAt: `${addDays(today, days)}T${time}`, place, description })
  }
}

/** The first column is a number of days from today. */
const demoEvents = [
  [-33, '19:00', 'Pub quiz for the library fund', 'The Crooked Billet', 'Six rounds, teams of four.'],
  [-12, '10:00', 'Repair café', 'Community hall, Mill Lane', 'Bring what is broken, and a cake.'],
  [1, '18:30', 'Volunteers’ briefing', 'Community hall, room 2', 'Tasks and times for the winter fair.'],
  [
    6,
    '11:00',
    'Winter fair',
    'Market square',
    'Forty stalls, a brass band, and mulled apple juice. Set-up begins at seven.',
  ],
  [19, '20:00', 'Chamber concert: Schubert and Clarke', 'St Anne’s church', ''],
  [47, '09:30', 'Orienteering for beginners', 'Hollow Wood car park', 'Maps and compasses are provided. Wear boots.'],
] as const
