// Leaves the page if its session was ended in another tab or from another device. One tab listens for all tabs, because a
// browser opens at most six connections to a server. Listening does not count as use, so it does not extend the session.
// If a form has been filled in, `typed.js` leaves instead, and takes the text along.

const { asks, leads } = document.querySelector('script[data-leads]').dataset
const name = `organizer-ended ${asks}`
const tabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : null
// The listening tab leaves first, so that the other tabs find on the sign-in page what it has stored.
const listenerDelayMs = 300
const otherTabDelayMs = () => 600 + 300 * Math.random()

let source = null
let isBusy = false

tabs?.addEventListener('message', ({ data }) => leaveIn(otherTabDelayMs(), data))
// During a navigation, such as a sign-out, the page that is being loaded decides where the user goes.
addEventListener('beforeunload', () => {
  isBusy = true
  setTimeout(() => (isBusy = false), 10_000)
})

if (navigator.locks) navigator.locks.request(name, () => new Promise(listen))
else {
  // Without https there are no locks. Then the visible tab listens.
  document.addEventListener('visibilitychange', look)
  look()
}

function look() {
  if (document.visibilityState === 'visible') listen()
  else stop()
}

function stop() {
  source?.close()
  source = null
}

function listen() {
  stop()
  const own = (source = new EventSource(asks))
  own.addEventListener('ended', ({ data }) => {
    own.close()
    // The idle banner reports timeouts, and keeps the page with the text that the user typed.
    if (data === 'idle' || data === 'expired') return
    tabs?.postMessage(data)
    leaveIn(listenerDelayMs, data)
  })
  own.addEventListener('error', () => {
    // EventSource reconnects by itself after a lost connection, but not after a refused one.
    if (own.readyState !== EventSource.CLOSED || own !== source) return
    setTimeout(() => own === source && listen(), 20_000 + 20_000 * Math.random())
  })
}

function leaveIn(delayMs, why) {
  setTimeout(() => leave(why), delayMs)
}

function leave(why) {
  if (isBusy) return leaveIn(1000, why)
  if (document.querySelector('#idle[data-shown="over"]')) return
  const to = new URL(leads, location.href)
  to.searchParams.set('ended', why)
  to.searchParams.set('next', location.pathname + location.search)
  // After a sign-out in another tab, the next user of this browser may be another.
  if (why !== 'ended') sessionStorage.setItem('email', document.querySelector('[data-email]').dataset.email)
  const leaving = new CustomEvent('organizer:leave', { detail: to.href, cancelable: true })
  if (document.dispatchEvent(leaving)) location.replace(to)
}
