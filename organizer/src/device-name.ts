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

/** Returns a name such as `Firefox on Linux`. Names come from a fixed list, and contain no text of the client. */
export function deviceName(userAgent: string | undefined): string | null {
  const findName = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(userAgent ?? ''))?.[1]
  const browser = findName(browsers)
  const system = findName(systems)
  if (browser && system) return `${browser} on ${system}`
  return browser ?? system ?? null
}

/** Returns the label of a session if it is a name of the list. Another application may have written it. */
export function deviceNameFromLabel(label: string | null): string {
  return label !== null && names.has(label) ? label : unknownDevice
}
