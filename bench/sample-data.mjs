/**
 * The data of the sessions: a small one, and a large one of 1 KB. `key` is the value that a handler reads and changes; `change` returns its new value.
 *
 * @typedef {{ create: () => Record<string, any>, key: string, change: (value: any, index: number) => unknown }} Sample
 */
export const samples = {
  small: { create: () => ({ personId: 42 }), key: 'personId', change: (_value, index) => index },
  large: {
    create: () => ({
      cart: Array.from({ length: 16 }, (_, index) => ({
        sku: `sku-${1000 + index}`,
        title: 'Oolong tea',
        quantity: index,
      })),
      theme: 'dark',
    }),
    key: 'cart',
    change(cart, index) {
      cart[0].quantity = index
      return cart
    },
  },
}

export const sizes = Object.keys(samples)

/** The secret of the libraries that take a text. */
export const secret = 'a secret of thirty-two characters'
