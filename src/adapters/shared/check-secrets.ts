import { isWorkers } from '../../core/is-workers.ts'
import type { RequestLifecycle } from '../../request/lifecycle.ts'

/**
 * Reads the secrets when a server starts, so that a missing one fails the start instead of each request. The two hosts that
 * import an application before it can have its secrets read them at their first request.
 *
 * @throws `ERR_SECRET_MISSING`
 */
export function checkSecrets({ prepare }: RequestLifecycle<any>): void {
  if (isWorkers() || process.env['NEXT_PHASE'] === 'phase-production-build') return
  prepare()
}
