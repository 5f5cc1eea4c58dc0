// Keeps what the user typed in the form of an event. If they must leave the page to sign in, it posts the form as a draft,
// which the sign-in page keeps. Before they leave it otherwise, the browser asks.

const form = document.querySelector('form[data-keep]')
let isLeaving = false

// The style sheet shows “Your event is safe” in the banner.
form.addEventListener('input', () => (form.dataset.typed = ''))
// On the form, so that `organizer.js` does not count a form that is not sent.
form.addEventListener('submit', (event) => {
  const isDeletion = event.submitter?.hasAttribute('formaction')
  if (isDeletion && isTyped() && !confirm('Delete this event, and the changes that you have not saved?'))
    event.preventDefault()
})
addEventListener('submit', (event) => {
  if (event.target === form && !event.defaultPrevented) isLeaving = true
})
addEventListener('pageshow', () => (isLeaving = false))
addEventListener('beforeunload', (event) => {
  if (isTyped() && !isLeaving) event.preventDefault()
})

// Before they go to the sign-in page, `ended.js` and `idle.js` send its URL.
document.addEventListener('organizer:leave', (event) => {
  if (!isTyped()) return
  event.preventDefault()
  isLeaving = true
  // A form that was sent and failed goes to the same place: the server needs only the event.
  form.action = form.dataset.keep + new URL(event.detail, location.href).search
  form.submit()
})

function isTyped() {
  return form.dataset.typed !== undefined
}
