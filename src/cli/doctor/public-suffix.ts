/**
 * Whether browsers accept no cookie for a domain, because different owners have the names below it. It knows top-level domains,
 * and the suffixes that deployments meet most often. The whole list (publicsuffix.org) has 300 KB.
 */
export function isPublicSuffix(domain: string): boolean {
  const name = domain.toLowerCase().replace(/\.$/, '')
  if (name === 'localhost') return false
  return !name.includes('.') || secondLevel.test(name) || platforms.has(name)
}

const secondLevel = /^(?:ac|co|com|edu|gov|net|or|org|ne)\.(?:[a-z]{2})$/

const platforms = new Set([
  'appspot.com',
  'azurewebsites.net',
  'cloudfront.net',
  'deno.dev',
  'firebaseapp.com',
  'fly.dev',
  'github.io',
  'gitlab.io',
  'herokuapp.com',
  'netlify.app',
  'ngrok-free.app',
  'ngrok.io',
  'onrender.com',
  'pages.dev',
  'replit.app',
  'run.app',
  'surge.sh',
  'up.railway.app',
  'vercel.app',
  'web.app',
  'workers.dev',
])
