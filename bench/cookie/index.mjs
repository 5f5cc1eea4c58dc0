import { sizes } from '../sample-data.mjs'

/** Measures the work on a session in one request, without a server. */
export async function prepare({ variants, quick, start }) {
  const libraries = await Promise.all(variants.map((variant) => start(variant, { quick })))
  const works = sizes.flatMap((size) => ['read', 'change'].map((work) => [work, size]))
  const cases = libraries.flatMap(({ row, call }) =>
    works.map(([work, size]) => ({
      row,
      measure: async () => ({ [`${work}, ${size}`]: await call('measure', work, size) }),
    })),
  )
  return { cases }
}
