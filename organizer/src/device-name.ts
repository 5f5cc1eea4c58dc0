import { isIPv4, isIPv6 } from 'node:net'

// The order matters: Edge and Opera also contain "Chrome", and nearly all contain "Safari".
const browsers: [RegExp, string][] = [
  [/\bEdgi?(A|OS)?\//, 'Edge'],
  [/\bOPR\/|\bOPT\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/Chrome\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/\bcurl\//, 'curl'],
]

const systems: [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMacintosh\b/, 'Mac'],
  [/\bLinux\b/, 'Linux'],
]

const names = new Set(
  [...browsers, ...systems].flatMap(([, name]) => [name, ...systems.map(([, system]) => `${name} on ${system}`)]),
)

const unknownDevice = 'A device'

export const maxDeviceNameLength = 40

/** Explains why a name that a user gave a device is invalid; `null` if it is valid. */
export function deviceNameError(name: string): string | null {
  return name.length > maxDeviceNameLength ? `Shorten the name to ${maxDeviceNameLength} characters.` : null
}

/** Returns a name such as `Firefox on Linux`. Names come from a fixed list, and contain no text of the client. */
export function deviceName(userAgent: string | undefined): string | null {
  const findName = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(userAgent ?? ''))?.[1]
  const browser = findName(browsers)
  const system = findName(systems)
  if (browser && system) return `${browser} on ${system}`
  return browser ?? system ?? null
}

/**
 * Returns the label for a session: the device's name and the network of its address, which tell two sign-ins apart. It leaves
 * out versions, because browsers report false ones for their system. Sojourn keeps 40 characters, which is enough.
 */
export function deviceLabel(userAgent: string | undefined, address: string): string | null {
  const name = deviceName(userAgent)
  const network = networkName(address)
  return name !== null && network !== null ? `${name}|${network}` : name
}

/** Reads the label of a session. Another application may have written it, so any other text is an unknown device. */
export function parseDeviceLabel(label: string | null): { name: string; network: string | null } {
  const [name = '', network] = label?.split('|') ?? []
  const isValid = names.has(name) && (network === undefined || /^[\da-f.:]{2,15}$/.test(network))
  return isValid ? { name, network: network ?? null } : { name: unknownDevice, network: null }
}

/** Returns the first numbers of an address, such as `203.0.113`; `null` for this computer's own, or an unknown one. */
function networkName(address: string): string | null {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (isIPv4(plain)) return plain.startsWith('127.') ? null : plain.split('.').slice(0, 3).join('.')
  const [first = '', second = ''] = plain.toLowerCase().split(':')
  return isIPv6(plain) && first !== '' && second !== '' ? `${first}:${second}` : null
}
