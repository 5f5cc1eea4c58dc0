// As `wrangler types` writes it.
declare namespace Cloudflare {
  interface Env {
    DB: D1Database
  }
}
