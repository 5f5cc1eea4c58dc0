import { createInterface } from 'node:readline'

/** Reads a new password: twice from a terminal, else one line of standard input. `null` if the two differ. */
export async function readNewPassword(): Promise<string | null> {
  if (!process.stdin.isTTY) return readFirstLine()
  const first = await askHidden('Password: ')
  const second = await askHidden('Repeat the password: ')
  return first === second ? first : null
}

async function readFirstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line
  return ''
}

/** Asks a question on the terminal without showing the answer. Ctrl+C ends the program. */
function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(question)
  stdin.setRawMode(true).setEncoding('utf8').resume()
  return new Promise((resolve) => {
    let answer = ''
    stdin.on('data', readKeys)

    function readKeys(keys: string): void {
      for (const key of keys) {
        if (key === '\u0003') finish(() => process.exit(130))
        else if (key === '\r' || key === '\n' || key === '\u0004') return finish(() => resolve(answer))
        else if (key === '\u007f' || key === '\b') answer = [...answer].slice(0, -1).join('')
        else answer += key
      }
    }

    function finish(then: () => void): void {
      stdin.off('data', readKeys).setRawMode(false).pause()
      stderr.write('\n')
      then()
    }
  })
}
