import { describe, expect, it } from 'vitest'
import { deviceLabel, deviceName, parseDeviceLabel } from '../src/device-name.ts'

describe('the name of a device', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 OPR/120.0.0.0',
      'Opera on Mac',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/150.0.0.0 Safari/537.36',
      'Chrome on Linux',
    ],
    ['curl/8.14.1', 'curl'],
    ['<script>', null],
    ['', null],
    [undefined, null],
  ])('of the user agent %j is %j', (agent, name) => expect(deviceName(agent)).toBe(name))

  it.each([
    ['203.0.113.9', 'Firefox on Linux|203.0.113'],
    ['::ffff:203.0.113.9', 'Firefox on Linux|203.0.113'],
    ['2001:DB8:1234:1::1', 'Firefox on Linux|2001:db8'],
    ['127.0.0.1', 'Firefox on Linux'],
    ['::1', 'Firefox on Linux'],
    ['unknown', 'Firefox on Linux'],
  ])('has the network of the address %s in its label: %s', (address, label) =>
    expect(deviceLabel('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', address)).toBe(label),
  )

  it.each([
    ['Firefox on Linux', 'Firefox on Linux', null],
    ['Samsung Internet on Android|255.255.255', 'Samsung Internet on Android', '255.255.255'],
    ['Windows|2001:db8', 'Windows', '2001:db8'],
    ['curl', 'curl', null],
    ['Firefox on Linux at 203.0.113.9', 'A device', null],
    ['Firefox on Linux|<script>', 'A device', null],
    ['Linux on Firefox', 'A device', null],
    ['', 'A device', null],
    [null, 'A device', null],
  ])('with the label %j is %j, with the network %j', (label, name, network) =>
    expect(parseDeviceLabel(label)).toEqual({ name, network }),
  )
})
