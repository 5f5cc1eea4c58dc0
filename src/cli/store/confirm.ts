import { createInterface } from 'node:readline'

/** Asks the user at a terminal. Resolves to true without asking if there is no terminal. */
export function askConfirmation(
  question: string,
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean } = process.stdin,
  output: NodeJS.WritableStream & { readonly isTTY?: boolean } = process.stderr,
): Promise<boolean> {
  if (input.isTTY !== true || output.isTTY !== true) return Promise.resolve(true)
  const prompt = createInterface({ input, output })
  return new Promise((resolve) => {
    // Ctrl-C and Ctrl-D mean no.
    prompt.on('SIGINT', () => prompt.close()).on('close', () => resolve(false))
    prompt.question(question, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()))
      prompt.close()
    })
  })
}
