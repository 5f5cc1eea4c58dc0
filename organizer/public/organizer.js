// Improves the pages, which also work without this file.

// Older browsers support `autofocus` on form fields only.
document.getElementById('errors')?.focus()

// The server writes dates in this time zone.
const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
if (timeZone) {
  const attributes = `Path=/organizer; Max-Age=31536000; SameSite=Lax${location.protocol === 'https:' ? '; Secure' : ''}`
  document.cookie = `zone=${timeZone}; ${attributes}`
}

// The page that led to the sign-in page knew the user.
const email = document.querySelector('form[data-asks] input[type="email"]')
const knownEmail = sessionStorage.getItem('email')
if (email && knownEmail && !email.value) {
  email.value = knownEmail
  document.getElementById('password').focus()
}
sessionStorage.removeItem('email')

for (const button of document.querySelectorAll('button[data-shows]')) {
  const input = document.getElementById(button.dataset.shows)
  button.hidden = false
  button.addEventListener('click', () => show(input.type === 'password'))
  // Hide the password before it is sent: browsers store the values of text fields and suggest them later.
  input.form.addEventListener('submit', () => show(false))

  function show(shown) {
    input.type = shown ? 'text' : 'password'
    button.querySelector('[data-verb]').textContent = shown ? 'Hide' : 'Show'
  }
}

for (const hint of document.querySelectorAll('[data-caps]')) {
  const input = document.getElementById(hint.dataset.caps)
  for (const type of ['keydown', 'keyup']) {
    input.addEventListener(type, (event) => {
      hint.textContent = event.getModifierState?.('CapsLock') ? 'Caps Lock is on.' : ''
    })
  }
}

// The next page has a name that the user typed in its field again, because the address says it.
document.addEventListener('organizer:leave', (event) => {
  const input = document.querySelector('input[data-query]')
  if (!input || input.value === input.defaultValue) return
  event.preventDefault()
  const to = new URL(event.detail, location.href)
  const next = new URL(to.searchParams.get('next'), location.href)
  next.searchParams.set(input.dataset.query, input.value)
  to.searchParams.set('next', next.pathname + next.search)
  location.replace(to)
})

// A second click would make the browser discard the first response, and the cookie in it.
const sent = new Map()
const releaseAfterMs = 10_000 // for users who stopped the page from loading

document.addEventListener('submit', (event) => {
  const form = event.target
  if (event.defaultPrevented || form.method !== 'post') return
  if (sent.has(form)) return event.preventDefault()
  sent.set(
    form,
    setTimeout(() => release(form), releaseAfterMs),
  )
  mark(form, true)
})

// If the user signed in in another tab, the sign-in page continues to its target.
const signIn = document.querySelector('form[data-asks]')
if (signIn) {
  document.addEventListener('visibilitychange', leaveIfSignedIn)
  // Pages of a signed-in user send messages on this channel.
  if ('BroadcastChannel' in globalThis)
    new BroadcastChannel('organizer-sign-in').addEventListener('message', leaveIfSignedIn)
}

async function leaveIfSignedIn() {
  if (document.visibilityState !== 'visible') return
  const answer = await fetch(signIn.dataset.asks).catch(() => null)
  if (!answer?.ok || sent.has(signIn)) return
  // The form keeps an event that the user typed. The server takes it and ignores the rest.
  if (signIn.elements.namedItem('for')) signIn.submit()
  else location.replace(signIn.action)
}

// The back button may restore the page in the state in which the user left it.
addEventListener('pageshow', () => {
  for (const form of sent.keys()) release(form)
})

function release(form) {
  clearTimeout(sent.get(form))
  sent.delete(form)
  mark(form, false)
}

// Not `disabled`, because that removes the focus, and the button's value from the form.
function mark(form, busy) {
  for (const button of form.querySelectorAll('button:not([type="button"])')) {
    if (busy) button.setAttribute('aria-disabled', 'true')
    else button.removeAttribute('aria-disabled')
  }
}
