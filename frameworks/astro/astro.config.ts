import node from '@astrojs/node'
import { defineConfig } from 'astro/config'

export default defineConfig({
  output: 'server',
  adapter: node({ mode: 'standalone' }),
  // Without it, Astro ignores `X-Forwarded-Proto`, and refuses forms behind a proxy that ends TLS.
  security: { allowedDomains: [{ hostname: '127.0.0.1' }] },
})
