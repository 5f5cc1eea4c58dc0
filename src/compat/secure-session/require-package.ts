import { createRequire } from 'node:module'
import { join } from 'node:path'

/**
 * Returns a package of the application; `null` if it is not installed. Not by `import()`, because strict package managers let this
 * library find only its own dependencies, and it has none.
 */
export function requirePackage(name: string): any {
  try {
    return createRequire(join(process.cwd(), 'package.json'))(name)
  } catch {
    return null
  }
}
