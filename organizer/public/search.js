// Filters the list of events while the user types.

const field = document.getElementById('q')
let timer
let request

field.addEventListener('input', () => {
  clearTimeout(timer)
  timer = setTimeout(find, 200)
})

async function find() {
  request?.abort()
  const { signal } = (request = new AbortController())
  const url = `${field.form.action}?${new URLSearchParams({ q: field.value })}`
  try {
    const response = await fetch(url, { headers: { 'X-List-Only': '1' }, redirect: 'manual', signal })
    // The session has ended, or there is an outage. The page itself says which.
    if (!response.ok) return location.assign(url)
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    document.getElementById('found').replaceWith(page.getElementById('found'))
    history.replaceState(null, '', url)
    const { endsIn, canStay } = page.getElementById('idle').dataset
    const detail = { endsIn: Number(endsIn), canStay: canStay === 'true' }
    document.dispatchEvent(new CustomEvent('organizer:used', { detail }))
  } catch (error) {
    if (error.name !== 'AbortError') field.form.submit()
  }
}
