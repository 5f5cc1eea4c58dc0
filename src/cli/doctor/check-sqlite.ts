import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, resolve, sep } from 'node:path'
import { CommandError } from '../arguments.ts'
import type { StoreLocation } from '../store/types.ts'
import { isWithoutWal, missingWalText } from '../store/sqlite-file.ts'
import { withStore } from '../store/with-store.ts'
import { finding, type Examination, type Finding } from './finding.ts'

/**
 * Checks the place of an SQLite file, and its table if the file exists.
 *
 * @param isExpected whether the command line names the file, so that a missing one is a mistake
 */
export async function checkSqlite(file: string, location: StoreLocation, isExpected: boolean): Promise<Examination> {
  const folder = nearestFolder(dirname(resolve(file)))
  const facts = [['sessions', `${resolve(file)}${existsSync(file) ? '' : ' (does not exist yet)'}`]] as const
  if (isExpected && !existsSync(file)) {
    const fix = 'Correct the address, or start the application first, which creates the file.'
    return { findings: [finding('sqlite-missing', 'sqlite', `${resolve(file)} does not exist.`, fix)], facts: [] }
  }
  if (!statSync(folder).isDirectory() || !isWritable(folder) || (existsSync(file) && !isWritable(file))) {
    const sentence = `This process cannot write ${existsSync(file) ? file : `a file in ${folder}`}, so users cannot sign in.`
    const fix = 'Give the folder to the user that runs the application, or set DATA_DIR to another folder.'
    return { findings: [finding('sqlite-not-writable', 'sqlite', sentence, fix)], facts }
  }
  const findings = findPlaceProblems(resolve(file), Number(statfsSync(folder).type))
  return { findings: existsSync(file) ? [...findings, ...(await checkFile(file, location))] : findings, facts }
}

/** Returns what is wrong with the place of a file. @param type the magic number of its file system, as statfs(2) has it */
export function findPlaceProblems(file: string, type: number): Finding[] {
  const fix =
    'Keep the file on a local disk that outlives a restart, in a container in a volume. DATA_DIR names its folder.'
  const temporary = [tmpdir(), '/tmp', '/var/tmp'].find((folder) => file.startsWith(resolve(folder) + sep))
  if (temporary !== undefined) {
    const sentence = `${file} is in a folder for temporary files, which the system may empty. Then all users are signed out.`
    return [finding('sqlite-temporary', 'sqlite', sentence, fix)]
  }
  const system = fileSystems[type]
  if (system === undefined) return []
  return [finding(system.code, 'sqlite', `${file} is ${system.place}, so ${system.effect}.`, fix)]
}

const network = (name: string) => ({
  code: 'sqlite-network',
  place: `on a network file system (${name})`,
  effect: "SQLite's locks do not work there, and the file can be destroyed",
})
const memory = (name: string) => ({
  code: 'sqlite-in-memory',
  place: `in memory only (${name})`,
  effect: 'a restart signs all users out',
})

/** File systems that a database must not be on, by their magic numbers (statfs(2)). */
const fileSystems: Readonly<Record<number, { code: string; place: string; effect: string }>> = {
  0x01021994: memory('tmpfs'),
  0x858458f6: memory('ramfs'),
  0x6969: network('NFS'),
  0x517b: network('SMB'),
  0xff534d42: network('CIFS'),
  0xfe534d42: network('SMB2'),
  0x01021997: network('9P'),
  0x794c7630: {
    code: 'sqlite-in-container',
    place: "in a container's own layer (overlayfs)",
    effect: 'a new container starts without it, and all users are signed out',
  },
}

async function checkFile(file: string, location: StoreLocation): Promise<Finding[]> {
  // Opening the file creates its journal.
  const lacksWal = isWithoutWal(file)
  try {
    await withStore(location, true, ({ store }) => store.read({ id: 'nobody', userId: null }))
    return []
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    const isNew = /has no table/.test(error.message)
    if (isNew && !lacksWal) return [] // The application creates the table.
    if (isNew) return [finding('sqlite-without-journal', 'sqlite', `${file} has no sessions.`, missingWalText(file))]
    const fix = 'Restore the file from a backup, or name another file.'
    return [finding('sqlite-unreadable', 'sqlite', `${error.message.replace(/\.?$/, '.')}`, fix)]
  }
}

/** Returns the folder, or the nearest one above it that exists: the application creates the others. */
function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(dirname(folder))
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
