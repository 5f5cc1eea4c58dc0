/** As tables have it, which show what is the same on every host. */
export const labelOf = ({ kind, name }) => (kind === 'sojourn' ? `**${name}**` : name)

/** Each of Sojourn's beside each peer, in each column. */
export function pairsOf(variants, columns, figures) {
  const of = (kind) => variants.filter((variant) => variant.kind === kind)
  return of('sojourn').flatMap((sojourn) =>
    of('peer').flatMap((peer) =>
      Object.entries(columns).map(([column, key]) => ({
        sojourn: sojourn.name,
        peer: peer.name,
        column,
        own: figures(sojourn, key),
        other: figures(peer, key),
      })),
    ),
  )
}
