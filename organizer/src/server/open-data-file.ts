import { SojournError } from 'sojourn'
import { ConfigError } from './config.ts'

/** Opens a file of the data folder. @throws `ConfigError` naming the file, with what the system or the driver says */
export async function opening<Opened>(file: string, open: () => Opened | Promise<Opened>): Promise<Opened> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof SojournError || error instanceof ConfigError) throw error
    throw new ConfigError(
      `${file} cannot be opened: ${(error as Error).message}. Let it be read and written, or name another folder with DATA_DIR.`,
      { cause: error },
    )
  }
}
