import { dayAfter } from '../dates.ts'
import type { Passwords } from '../passwords.ts'
import type { Events } from './events.ts'
import type { People } from './people.ts'

/** The account that anyone may try in development. */
export const demo = { email: 'john.smith@example.com', password: 'password123', name: 'John Smith' }

/** Whether the demo account has the password that is shown to everybody; its user may have changed it. */
export async function isDemoOpen(people: People): Promise<boolean> {
  return ((await people.byEmail(demo.email))?.passwordNumber ?? 1) === 1
}

/** Makes the demo account and a few events, unless somebody has its address. */
export async function makeDemo(people: People, events: Events, passwords: Passwords, today: string): Promise<void> {
  if (await people.byEmail(demo.email)) return
  const passwordHash = await passwords.hash(demo.password)
  const person = await people.add({ email: demo.email, name: demo.name, passwordHash, demo: true })
  if (!person) return // made meanwhile by another process
  for (const [days, time, title, place, description] of planned) {
    await events.add(person.id, { title, startsAt: `${dayAfter(today, days)}T${time}`, place, description })
  }
}

const planned = [
  [-33, '19:00', 'Pub quiz for the library fund', 'The Crooked Billet', 'Six rounds, teams of four.'],
  [-12, '10:00', 'Repair café', 'Community hall, Mill Lane', 'Bring what is broken, and a cake.'],
  [1, '18:30', 'Volunteers’ briefing', 'Community hall, room 2', 'Who does what at the winter fair.'],
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
