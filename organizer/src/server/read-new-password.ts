import { createInterface } from 'node:readline'

/** Reads a new password: twice from a terminal, `null` when the two differ; or else one line of standard input. */
export async function readNewPassword(): Promise<string | null> {
  if (!process.stdin.isTTY) return firstLine()
  const first = await askHidden('Password: ')
  const second = await askHidden('The same again: ')
  return first === second ? first : null
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line
  return ''
}

/** Asks on the terminal, where nothing of the answer is seen. Ctrl+C ends the program. */
function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(question)
  stdin.setRawMode(true).setEncoding('utf8').resume()
  return new Promise((resolve) => {
    let typed = ''
    stdin.on('data', read)

    function read(keys: string): void {
      for (const key of keys) {
        if (key === '\u0003') finish(() => process.exit(130))
        else if (key === '\r' || key === '\n' || key === '\u0004') return finish(() => resolve(typed))
        else if (key === '\u007f' || key === '\b') typed = [...typed].slice(0, -1).join('')
        else typed += key
      }
    }

    function finish(then: () => void): void {
      stdin.off('data', read).setRawMode(false).pause()
      stderr.write('\n')
      then()
    }
  })
}
