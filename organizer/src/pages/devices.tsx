import type { Flash } from 'sojourn'
import type { Devices } from '../devices.ts'
import type { User } from '../app-env.ts'
import { paths } from '../paths.ts'
import { AccountFrame } from './account-frame.tsx'
import { DeviceRow } from './device-row.tsx'
import { CsrfField } from './layout.tsx'
import { ErrorSummary } from './notices.tsx'

interface DevicesProps extends Devices {
  user: User
  flashes: readonly Flash[]
  /** The id of the sign-in that the user is naming. */
  naming: string | undefined
  typed: string | undefined
  errors?: { form: string } | undefined
}

const maxRows = 50

/** A user's sign-ins, the current one first. Each is one row; those that look alike share one. */
export function DevicesPage({ user, own, others, flashes, naming, typed, errors }: DevicesProps) {
  const shown = others.slice(0, maxRows)
  const hidden = others.slice(maxRows).flat().length
  const count = others.flat().length
  const lead =
    count === 0 ? "You're signed in here, and nowhere else." : `You're signed in here, and have ${otherSignIns(count)}.`
  return (
    <AccountFrame page="devices" title="Your devices" {...{ user, flashes, lead }} failed={errors !== undefined}>
      <ErrorSummary errors={{ ...errors }} />
      {count > 0 && (
        <form class="everywhere" method="post" action={paths.revokeOthers}>
          <CsrfField session={user.session} />
          <button class="button danger">Sign out everywhere else</button>
          <p class="hint">
            Is one of these not yours? Sign it out, then <a href={paths.account}>change your password</a>.
          </p>
        </form>
      )}
      <ul class="card devices" role="list">
        <DeviceRow devices={[own]} isOwn {...{ user, naming, typed }} />
        {shown.map((devices) => (
          <DeviceRow {...{ devices, user, naming, typed }} />
        ))}
      </ul>
      {hidden > 0 && <p>{hidden} more sign-ins, not used for longer, are not shown.</p>}
    </AccountFrame>
  )
}

const otherSignIns = (count: number) => (count === 1 ? 'one other sign-in' : `${count} other sign-ins`)
