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
