import { sizes } from '../sample-data.mjs'
import { startSubject } from '../run/subjects.mjs'
import { subjects } from './subjects.mjs'

export { subjects }

const module = new URL('subjects.mjs', import.meta.url).href

/** Measures the work on a session in one request, without a server. */
export async function prepare({ variants, quick }) {
  const started = await Promise.all(variants.map((variant) => startSubject(module, variant, { quick })))
  const loads = sizes.flatMap((size) => ['read', 'change'].map((work) => [work, size]))
  return {
    cases: started.flatMap(({ row, measure }) =>
      loads.map(([work, size]) => ({
        row,
        measure: async () => ({ [`${work}, ${size}`]: await measure(work, size) }),
      })),
    ),
    end: () => started.forEach(({ end }) => end()),
  }
}
