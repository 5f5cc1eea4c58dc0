import { createInterface } from 'node:readline'

/** Asks whoever sits at a terminal; where nobody does, there is nobody to ask, and it goes on. */
export function askConfirmation(
  question: string,
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean } = process.stdin,
  output: NodeJS.WritableStream & { readonly isTTY?: boolean } = process.stderr,
): Promise<boolean> {
  if (input.isTTY !== true || output.isTTY !== true) return Promise.resolve(true)
  const prompt = createInterface({ input, output })
  return new Promise((resolve) => {
    // By Ctrl-C or Ctrl-D.
    prompt.on('SIGINT', () => prompt.close()).on('close', () => resolve(false))
    prompt.question(question, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()))
      prompt.close()
    })
  })
}
