/** As much of a request as session middleware looks at. */
export const fakeRequest = (cookie) => ({
  headers: { cookie },
  url: '/',
  originalUrl: '/',
  method: 'GET',
  socket: {},
  connection: {},
})

/** As much of a response as session middleware writes to, and waits for. */
export class FakeResponse {
  statusCode = 200
  headersSent = false
  #headers = {}
  #done

  constructor(done) {
    this.#done = done
  }

  getHeader(name) {
    return this.#headers[name.toLowerCase()]
  }

  setHeader(name, value) {
    this.#headers[name.toLowerCase()] = value
  }

  writeHead() {
    this.headersSent = true
  }

  /** express-session calls what Node calls it. */
  _implicitHeader() {
    this.writeHead(this.statusCode)
  }

  end() {
    if (!this.headersSent) this.writeHead(this.statusCode)
    this.#done?.(this)
  }

  get setCookies() {
    return this.getHeader('set-cookie')
  }
}
