// In this order: Edge and Opera also say Chrome, and everything says Safari.
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

/** What a device is called that is none of those, or of which nothing is known. */
const unknown = 'A device'

/** What people would call the device, such as `Firefox on Linux`: from a closed list, nothing that a client wrote. */
export function deviceName(userAgent: string | undefined): string | null {
  const named = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(userAgent ?? ''))?.[1]
  const browser = named(browsers)
  const system = named(systems)
  if (browser && system) return `${browser} on ${system}`
  return browser ?? system ?? null
}

/** What to call the device of a session: its label where that is a name from the list, whoever wrote it there. */
export function nameOfLabel(label: string | null): string {
  return label !== null && names.has(label) ? label : unknown
}
