import type { Child } from 'hono/jsx'
import type { Flash } from 'sojourn'
import type { User } from '../app-env.ts'
import { paths } from '../paths.ts'
import { Layout } from './layout.tsx'
import { Flashes } from './notices.tsx'

interface AccountFrameProps {
  user: User
  title: string
  lead: Child
  failed?: boolean
  flashes?: readonly Flash[]
  page: 'account' | 'devices'
  children?: Child
}

/** The frame of the pages about a user's account, with a menu. */
export function AccountFrame({ user, title, lead, failed = false, flashes = [], page, children }: AccountFrameProps) {
  const current = (name: AccountFrameProps['page']) => name === page && { 'aria-current': 'page' as const }
  return (
    <Layout title={failed ? `Error: ${title.toLowerCase()}` : title} look="wide" {...{ user, flashes }} back>
      <div>
        <h1>{title}</h1>
        <p class="lead">{lead}</p>
      </div>
      <div class="with-menu">
        <nav class="menu" aria-label="Your account">
          <ul role="list">
            <li>
              <a href={paths.account} {...current('account')}>
                Name and password
              </a>
            </li>
            <li>
              <a href={paths.devices} {...current('devices')}>
                Devices
              </a>
            </li>
          </ul>
        </nav>
        <div class="stack">
          <Flashes flashes={flashes} />
          {children}
        </div>
      </div>
    </Layout>
  )
}
