// Leaves the page when its sign-in has ended elsewhere: in another tab, or from another device. One tab listens for all, since
// a browser has but six connections to a server. Listening is not use: it keeps nobody signed in.

const { asks, leads } = document.querySelector('script[data-leads]').dataset
const name = `organizer-ended ${asks}`
const tabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : null
// So that the one who listens is at the sign-in page first, and others find there what it has set down.
const first = 300 // milliseconds
const others = () => 600 + 300 * Math.random()

let source = null
let isBusy = false

tabs?.addEventListener('message', ({ data }) => leaveIn(others(), data))
// Whoever is on their way to another page, such as by signing out, is led by what is there.
addEventListener('beforeunload', () => {
  isBusy = true
  setTimeout(() => (isBusy = false), 10_000)
})

if (navigator.locks) navigator.locks.request(name, () => new Promise(listen))
else {
  // Without https there is none to be had: then it is whoever is seen.
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
    // What ended because it was not used, the page tells by itself, and keeps what was typed.
    if (data === 'idle' || data === 'expired') return
    tabs?.postMessage(data)
    leaveIn(first, data)
  })
  own.addEventListener('error', () => {
    // A connection that is lost it makes again by itself; what is refused it leaves.
    if (own.readyState !== EventSource.CLOSED || own !== source) return
    setTimeout(() => own === source && listen(), 20_000 + 20_000 * Math.random())
  })
}

function leaveIn(milliseconds, why) {
  setTimeout(() => leave(why), milliseconds)
}

function leave(why) {
  if (isBusy) return leaveIn(1000, why)
  if (document.querySelector('#idle[data-shown="over"]')) return
  const to = new URL(leads, location.href)
  to.searchParams.set('ended', why)
  to.searchParams.set('next', location.pathname + location.search)
  location.replace(to)
}
