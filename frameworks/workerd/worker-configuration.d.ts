// As `wrangler types` writes it.
declare namespace Cloudflare {
  interface Env {
    SESSIONS: DurableObjectNamespace<import('./index').SojournObject>
  }
}
