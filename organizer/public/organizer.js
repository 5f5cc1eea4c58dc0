// What the pages do beyond forms and links. Each works without this file.

// Older browsers heed `autofocus` on fields only.
document.getElementById('errors')?.focus()

for (const time of document.querySelectorAll('time[data-instant]')) {
  const options = { day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' }
  time.textContent = new Intl.DateTimeFormat('en-GB', options).format(new Date(time.dateTime))
}

for (const button of document.querySelectorAll('button[data-shows]')) {
  const input = document.getElementById(button.dataset.shows)
  button.hidden = false
  button.addEventListener('click', () => show(input.type === 'password'))
  // Sent as text, a password would be offered again by browsers that remember what was typed.
  input.form.addEventListener('submit', () => show(false))

  function show(shown) {
    input.type = shown ? 'text' : 'password'
    button.setAttribute('aria-pressed', String(shown))
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

// A second click would make the browser drop the answer to the first, and the cookie that comes with it.
const sent = new Map()
const patience = 10_000 // milliseconds, for somebody who stopped the page from loading

document.addEventListener('submit', (event) => {
  const form = event.target
  if (event.defaultPrevented || form.method !== 'post') return
  if (sent.has(form)) return event.preventDefault()
  sent.set(
    form,
    setTimeout(() => release(form), patience),
  )
  mark(form, true)
})

// Who has signed in meanwhile, in another tab, goes on from the sign-in page to where it leads.
const signIn = document.querySelector('form[data-asks]')
if (signIn) {
  document.addEventListener('visibilitychange', goOn)
  // Pages of somebody signed in write there.
  if ('BroadcastChannel' in globalThis) new BroadcastChannel('organizer-sign-in').addEventListener('message', goOn)
}

async function goOn() {
  if (document.visibilityState !== 'visible') return
  const answer = await fetch(signIn.dataset.asks).catch(() => null)
  if (answer?.ok && !sent.has(signIn)) location.replace(signIn.action)
}

// The back button may bring the page as it was left.
addEventListener('pageshow', () => {
  for (const form of sent.keys()) release(form)
})

function release(form) {
  clearTimeout(sent.get(form))
  sent.delete(form)
  mark(form, false)
}

// Not `disabled`, which would take the focus away and the button's value out of the form.
function mark(form, busy) {
  for (const button of form.querySelectorAll('button:not([type="button"])')) {
    if (busy) button.setAttribute('aria-disabled', 'true')
    else button.removeAttribute('aria-disabled')
  }
}
