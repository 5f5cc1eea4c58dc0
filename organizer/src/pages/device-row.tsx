import type { User } from '../app-env.ts'
import type { Device } from '../devices.ts'
import { maxDeviceNameLength } from '../device-name.ts'
import { paths } from '../paths.ts'
import { Handheld, Laptop, Pencil } from './icons.tsx'
import { CsrfField } from './layout.tsx'
import { Ago, Instant } from './times.tsx'

interface RowProps {
  user: User
  /** Sign-ins that look alike, the last used first. */
  devices: readonly [Device, ...Device[]]
  isOwn?: boolean
  naming: string | undefined
  /** The name that the user typed before they had to sign in. */
  typed: string | undefined
}

/** A row of the devices page: a sign-in, or several that look alike. */
export function DeviceRow({ devices, user, isOwn = false, naming, typed }: RowProps) {
  const [device] = devices
  const { id, name, browser, isNamed, network } = device
  const isAlone = devices.length === 1
  return (
    <li class="device">
      {/iPhone|iPad|Android/.test(browser) ? <Handheld /> : <Laptop />}
      <div class="device-body">
        {isAlone && naming === id ? (
          <NameForm {...{ device, user, typed }} />
        ) : (
          <h2>
            <span dir="auto">{name}</span> {isOwn && <span class="tag">This device</span>}
            {!isAlone && <span class="tag">{devices.length} sign-ins</span>}
          </h2>
        )}
        <p class="hint" id={`about-${id}`}>
          {isNamed && `${browser} · `}
          <span title={`Signed in ${user.reader.formatInstant(device.signedInAt)}`}>
            {isOwn ? 'In use now' : <LastUsed device={device} user={user} />}
          </span>
          {network !== null && <span> · network {network}</span>}
        </p>
        {!isAlone && <Alike {...{ devices, user, naming, typed }} />}
      </div>
      <div class="device-actions">
        {isAlone && naming !== id && <Rename {...device} />}
        {!isOwn && <SignOut {...{ devices, user }} />}
      </div>
    </li>
  )
}

/** The sign-ins of a row, each with a button. */
function Alike({ devices, user, naming, typed }: Omit<RowProps, 'isOwn'>) {
  return (
    <details open={devices.some(({ id }) => id === naming)}>
      <summary>
        Show each<span class="unseen"> sign-in on {devices[0].name}</span>
      </summary>
      <ul role="list">
        {devices.map((device) => (
          <li>
            <p class="hint" id={`each-${device.id}`}>
              <LastUsed {...{ device, user }} />
              <SignedIn {...{ device, user }} />
            </p>
            <div class="device-actions">
              {naming !== device.id && <Rename {...device} />}
              <SignOut devices={[device]} user={user} about="each" />
            </div>
            {naming === device.id && <NameForm {...{ device, user, typed }} />}
          </li>
        ))}
      </ul>
    </details>
  )
}

interface DeviceProps {
  device: Device
  user: User
}

const LastUsed = ({ device, user: { reader } }: DeviceProps) => (
  <span>
    Last used <Ago reader={reader} at={device.lastSeenAt} />
  </span>
)

const SignedIn = ({ device, user: { reader } }: DeviceProps) => (
  <span>
    {' · '}signed in <Instant reader={reader} at={device.signedInAt} />
  </span>
)

const Rename = ({ id, name }: Pick<Device, 'id' | 'name'>) => (
  <a class="button inset rename" href={`${paths.devices}?name=${encodeURIComponent(id)}`}>
    <Pencil />
    <span class="word">Rename</span>
    <span class="unseen"> {name}</span>
  </a>
)

function SignOut({ devices, user, about = 'about' }: Pick<RowProps, 'devices' | 'user'> & { about?: string }) {
  const [{ id, name }] = devices
  return (
    <form method="post" action={paths.revokeDevice}>
      <CsrfField session={user.session} />
      {devices.map((device) => (
        <input type="hidden" name="id" value={device.id} />
      ))}
      <button class="button small" aria-describedby={`${about}-${id}`}>
        {devices.length > 1 ? `Sign out all ${devices.length}` : 'Sign out'}
        <span class="unseen"> {name}</span>
      </button>
    </form>
  )
}

function NameForm({ device, user, typed }: DeviceProps & Pick<RowProps, 'typed'>) {
  return (
    <form class="name-form" method="post" action={paths.nameDevice}>
      <CsrfField session={user.session} />
      <input type="hidden" name="id" value={device.id} />
      <label for="device-name">Name of this device</label>
      <input
        id="device-name"
        name="name"
        value={typed ?? (device.isNamed ? device.name : '')}
        data-query="typed"
        placeholder={device.browser}
        maxlength={maxDeviceNameLength}
        autocomplete="off"
        autofocus
      />
      <div class="buttons">
        <button class="button primary small">Save name</button>
        <a class="button quiet small" href={paths.devices}>
          Cancel
        </a>
      </div>
    </form>
  )
}
