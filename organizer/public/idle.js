// Warns before the session ends for lack of use, and shows that it has ended. It sends no request until the user types or
// chooses to stay, because a request would extend the session.

const banner = document.getElementById('idle')
const main = document.getElementById('main')
const { person, asks } = banner.dataset
const minute = 60_000
const longestWait = 30 * minute // timers stop while a computer sleeps, and cannot run for weeks
const tabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel('organizer-sign-in') : null

let end
let usedAt
let shown = null
let timer
let focusBefore = null

used({ endsIn: Number(banner.dataset.endsIn), canStay: banner.dataset.canStay === 'true' })

tabs?.addEventListener('message', ({ data }) => {
  if (data.person !== person || data.end.at <= end.at) return
  end = data.end
  look()
})
document.addEventListener('organizer:used', ({ detail }) => used(detail)) // the search field sends requests while the user types
// Typing is use.
document.addEventListener('input', () => {
  if (shown !== 'over' && Date.now() - usedAt > minute) askToStay().catch(() => {})
})
document.addEventListener('visibilitychange', look)
addEventListener('pageshow', look)
banner.addEventListener('focusin', ({ relatedTarget }) => {
  if (!banner.contains(relatedTarget)) focusBefore = relatedTarget
})

/** Records that the session was used in this tab, and sends its new end to the other tabs. */
function used({ endsIn, canStay }, at = Date.now()) {
  usedAt = at
  const warning = canStay ? Math.min(2 * minute, endsIn / 5) : 2 * minute
  end = { at: at + endsIn, warning, canStay }
  tabs?.postMessage({ person, end })
  look()
}

function look() {
  clearTimeout(timer)
  const left = end.at - Date.now()
  if (left <= 0) return show('over')
  const early = left - end.warning
  if (early > 0) hide()
  else show(end.canStay ? 'soon' : 'last', inWords(left))
  const wait = early > 0 ? early : left % minute || minute
  timer = setTimeout(look, Math.min(wait + 50, longestWait))
}

function show(kind, time = '') {
  if (shown !== kind) {
    clear()
    const { content } = banner.querySelector(`template[data-idle="${kind}"]`)
    banner.append(content.cloneNode(true))
    banner.querySelector('button')?.addEventListener('click', stay)
    const link = banner.querySelector('a')
    link?.addEventListener('click', leave)
    if (link) link.search += `${link.search ? '&' : '?'}next=${encodeURIComponent(location.pathname + location.search)}`
    shown = banner.dataset.shown = kind
  }
  const words = banner.querySelector('[data-idle-time]')
  if (words && words.textContent !== time) words.textContent = time
}

function hide() {
  const focused = banner.contains(document.activeElement)
  clear()
  if (focused) (focusBefore?.isConnected ? focusBefore : main).focus()
}

function clear() {
  for (const child of banner.querySelectorAll(':scope > :not(template)')) child.remove()
  shown = null
  delete banner.dataset.shown
}

async function stay({ currentTarget: button }) {
  if (button.getAttribute('aria-disabled')) return
  button.setAttribute('aria-disabled', 'true')
  try {
    await askToStay()
  } catch {
    banner.querySelector('[data-idle-failed]').hidden = false
  }
  button.removeAttribute('aria-disabled')
}

async function askToStay() {
  // The end counts from the request, because a computer may sleep before the answer is read.
  const askedAt = (usedAt = Date.now())
  const answer = await fetch(asks, { headers: { Accept: 'application/json' } })
  if (answer.ok) used(await answer.json(), askedAt)
  else if (answer.status === 401) used({ endsIn: 0, canStay: false }, askedAt)
  else throw new Error(String(answer.status))
}

/** Lets `typed.js` leave instead, if a form has been filled in. */
function leave(event) {
  sessionStorage.setItem('email', document.querySelector('[data-email]').dataset.email)
  const leaving = new CustomEvent('organizer:leave', { detail: event.currentTarget.href, cancelable: true })
  if (!document.dispatchEvent(leaving)) event.preventDefault()
}

function inWords(time) {
  const minutes = Math.ceil(time / minute)
  return minutes > 1 ? `${minutes} minutes` : 'less than a minute'
}
