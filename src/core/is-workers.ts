/** Whether this is Cloudflare Workers: no files, and no random values outside a request. */
export function isWorkers(): boolean {
  const { navigator } = globalThis as { navigator?: { readonly userAgent?: string } }
  return navigator?.userAgent === 'Cloudflare-Workers'
}
