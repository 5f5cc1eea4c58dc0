/**
 * The kinds of requests. `size` is of the session that the visitors have; without it they send no cookie. Each `process`
 * is one of its own, because reads would pay for the garbage of changes, and visitors without a cookie for both.
 */
export const loads = {
  'read, small': { path: '/read', size: 'small', process: 'read' },
  'read, large': { path: '/read', size: 'large', process: 'read' },
  'change, small': { path: '/count', size: 'small', process: 'change' },
  'change, large': { path: '/count', size: 'large', process: 'change' },
  'sign-in, small': { path: '/begin/small', process: 'sign-in' },
  'no cookie, untouched': { path: '/plain', process: 'no cookie' },
  'no cookie, read': { path: '/read', process: 'no cookie' },
}

/** The loads of requests whose session is in a store. */
export const storeLoads = Object.keys(loads).filter((load) => loads[load].process !== 'no cookie')
