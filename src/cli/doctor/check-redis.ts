import { findConfigProblems } from '../../stores/redis/config-warnings.ts'
import { connectionFromUrl } from '../../stores/redis/connection/from-url.ts'
import type { Ask } from '../../stores/redis/connection/types.ts'
import { checkClock } from './check-clock.ts'
import { finding, joinExaminations, type Examination, type Finding } from './finding.ts'

/** Checks a Redis: its clock, its role, its version, and whether its settings could lose sessions. */
export async function checkRedis(url: string, name: string): Promise<Examination> {
  const connection = connectionFromUrl(url)
  try {
    const servers = await connection.listPrimaries()
    return joinExaminations(await Promise.all(servers.map((ask) => checkServer(ask, name))))
  } finally {
    await connection.close()
  }
}

async function checkServer(ask: Ask, name: string): Promise<Examination> {
  const problems = await findConfigProblems(ask)
  const findings = problems.map(({ code, sentence, fix }) => finding(code, 'redis', sentence, fix))
  const info = String(await ask('INFO').catch(() => ''))
  const settings = { findings: [...findings, ...checkInfo(info, name)], facts: [] }
  return joinExaminations([settings, await checkClock(name, () => readTime(ask))])
}

function checkInfo(info: string, name: string): Finding[] {
  const read = (field: string) => new RegExp(`^${field}:(.*?)\\s*$`, 'm').exec(info)?.[1]
  if (read('role') !== 'slave') return []
  const sentence = `${name} is a replica, which refuses writes. Users cannot sign in or out.`
  return [finding('redis-replica', 'redis', sentence, 'Name the primary in REDIS_URL.')]
}

async function readTime(ask: Ask): Promise<number> {
  const [seconds, microseconds] = (await ask('TIME')) as [unknown, unknown]
  return Number(seconds) * 1000 + Number(microseconds) / 1000
}
