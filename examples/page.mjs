// @ts-check
// The page of the nine examples that have no open connection: all of its HTML, and nothing of sessions.

/**
 * @param {object} view
 * @param {string | null} view.userId
 * @param {number} view.visits
 * @param {string[]} view.messages
 * @param {string} view.csrfToken
 * @param {{ id: string, label: string | null, lastSeenAt: number }[]} view.devices
 * @param {string | null} view.thisDevice its id
 */
export function page({ userId, visits, messages, csrfToken, devices, thisDevice }) {
  /**
   * @param {string} action
   * @param {string} content
   */
  const form = (action, content) => `
    <form method="post" action="${action}">
      <input type="hidden" name="csrf" value="${csrfToken}">
      ${content}
    </form>`

  const items = devices.map(({ id, label, lastSeenAt }) => {
    const name = escaped(label ?? 'A device')
    if (id === thisDevice) return `<li><span>${name} <small>This device</small></span></li>`
    const lastUsed = `Last used ${new Date(lastSeenAt).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' })}`
    const button = `<button name="id" value="${escaped(id)}" aria-label="Sign out ${name}">Sign out</button>`
    return `<li><span>${name} <small>${lastUsed}</small></span> ${form('/devices/end', button)}</li>`
  })
  const signOut = `
    ${form('/sign-out', '<button>Sign out</button>')}
    <h2>Your devices</h2>
    <ul>${items.join('')}</ul>
    ${form('/devices/end-others', '<button>Sign out everywhere else</button>')}`

  return `<!doctype html>
    <html lang="en">
      <meta name="viewport" content="width=device-width">
      <title>Visit ${visits}</title>
      <style>${style}</style>
      <main>
        <h1>Visit ${visits} of ${escaped(userId ?? 'a guest')}</h1>
        ${messages.map((message) => `<p role="status">${escaped(message)}</p>`).join('')}
        ${userId === null ? form('/sign-in', signInFields) : signOut}
      </main>
    </html>`
}

const signInFields = `
  <p><label>Name <input name="name" autocomplete="username"></label></p>
  <p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
  <p><label><input name="remember" type="checkbox"> Stay signed in</label></p>
  <button>Sign in</button>`

const style = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
  main { max-width: 32rem; margin: 2rem auto; padding: 0 1rem }
  input:not([type]), [type=password] { display: block; width: 100%; box-sizing: border-box }
  input, button { font: inherit; padding: .3rem .7rem; white-space: nowrap }
  [role=status] { padding: .5rem .8rem; border-left: .25rem solid }
  ul { padding: 0 }
  li { display: flex; justify-content: space-between; align-items: center; gap: 1rem; padding: .4rem 0; border-top: 1px solid #8886 }
  small { display: block; opacity: .75 }`

/**
 * Names a browser, for the list of devices.
 *
 * @param {string | null | undefined} userAgent
 */
export function browserName(userAgent) {
  if (userAgent?.includes('Edg/')) return 'Edge' // it says that it is Chrome as well
  return /Firefox|Chrome|Safari/.exec(userAgent ?? '')?.[0] ?? null
}

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
