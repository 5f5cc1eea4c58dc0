/**
 * What the sessions hold. `key` is what a handler reads and changes, `next` what it changes it to.
 *
 * @typedef {{ make: () => Record<string, any>, key: string, next: (value: any, index: number) => unknown }} Content
 * @type {Record<'small' | '1 KB', Content>}
 */
export const contents = {
  small: { make: () => ({ personId: 42 }), key: 'personId', next: (_value, index) => index },
  '1 KB': {
    make: () => ({
      cart: Array.from({ length: 16 }, (_, index) => ({
        sku: `sku-${1000 + index}`,
        title: 'Oolong tea',
        quantity: index,
      })),
      theme: 'dark',
    }),
    key: 'cart',
    next(cart, index) {
      cart[0].quantity = index
      return cart
    },
  },
}

export const sizes = Object.keys(contents)
