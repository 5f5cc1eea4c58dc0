/** Something that is wrong with a deployment. */
export interface Finding {
  /** Names the kind of problem for programs. */
  readonly code: string
  /** The problem and its effect. */
  readonly sentence: string
  readonly fix: string
  /** The page of the documentation that explains it. */
  readonly see: string
}

/** The result of some checks. */
export interface Examination {
  readonly findings: readonly Finding[]
  /** The observed state, as rows of a name and a text. It is no problem by itself. */
  readonly facts: readonly (readonly [string, string])[]
}

/** The pages that findings link to. */
export const pages = {
  keys: 'docs/keys.md',
  sharedKeys: 'docs/servers.md#what-all-servers-share',
  production: 'docs/first-steps.md#production',
  variables: 'docs/stores.md#by-the-environment',
  cookies: 'docs/cookies.md',
  proxies: 'docs/servers.md#a-proxy-in-front',
  clocks: 'docs/lifetimes.md#clocks',
  redis: 'docs/redis.md#what-it-must-be-set-to',
  postgres: 'docs/postgres.md#the-tables',
  sqlite: 'docs/stores.md#sqlite',
  outages: 'docs/outages.md',
  security: 'docs/security.md',
} as const

/** Creates a finding. */
export const finding = (code: string, page: keyof typeof pages, sentence: string, fix: string): Finding => ({
  code,
  sentence,
  fix,
  see: pages[page],
})

/** Joins the results of several checks. */
export const joinExaminations = (examinations: readonly Examination[]): Examination => ({
  findings: examinations.flatMap(({ findings }) => findings),
  facts: examinations.flatMap(({ facts }) => facts),
})
