import { files } from 'test-files'
import { runFile } from './vitest.mjs'

// In a request, because a Worker has no random values and no timers outside of one.
export default {
  async fetch(request) {
    const name = new URL(request.url).pathname.slice(1)
    return Response.json(name === '' ? Object.keys(files) : await runFile(files[name]))
  },
}
