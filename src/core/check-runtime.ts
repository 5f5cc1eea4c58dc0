import crypto from 'node:crypto'

// Bundlers leave this file out, because package.json says that no file has side effects: a bundle is made for its runtime. Other
// files take `hash` and `hkdfSync` from the default export, because an import by name would fail before this file runs.

// Cloudflare Workers have no versions.
const { bun, deno, node } = process.versions ?? {}
const current = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`
const hasFunctions = 'hash' in crypto && 'hkdfSync' in crypto && 'getBuiltinModule' in process

// Older versions of Deno have the functions, but their ciphers do not take keys of `createSecretKey`.
if (!hasFunctions || (deno && isBefore(deno, 2, 8))) {
  throw new Error(`Sojourn needs Node 20.19, Bun 1.3 or Deno 2.8, or a newer version. This is ${current}: update it.`)
}

function isBefore(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)
  return ownMajor < major || (ownMajor === major && ownMinor < minor)
}
