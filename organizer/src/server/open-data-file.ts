import { SojournError } from 'sojourn'
import { ConfigError } from './config.ts'

/** Opens a file of the data folder. @throws `ConfigError` naming the file and the reason */
export async function openDataFile<Result>(file: string, open: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof SojournError || error instanceof ConfigError) throw error
    throw new ConfigError(
      `${file} cannot be opened: ${(error as Error).message}. Make it readable and writable, or set another DATA_DIR.`,
      { cause: error },
    )
  }
}
