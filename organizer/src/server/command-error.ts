/** Something wrong with what was asked for on the command line: exit code 2 when it was asked in the wrong way. */
export class Refusal extends Error {
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
