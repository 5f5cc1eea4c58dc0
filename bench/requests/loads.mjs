/**
 * The kinds of requests. `size` is of the session that the visitors have; without it they send no cookie.
 *
 * @type {Record<string, { path: string, size?: 'small' | 'large' }>}
 */
export const loads = {
  'read, small': { path: '/read', size: 'small' },
  'read, large': { path: '/read', size: 'large' },
  'change, small': { path: '/count', size: 'small' },
  'change, large': { path: '/count', size: 'large' },
  'sign-in, small': { path: '/begin/small' },
  'sign-in, large': { path: '/begin/large' },
  'no cookie, not touched': { path: '/plain' },
  'no cookie, read': { path: '/read' },
}

export const readLoads = ['read, small', 'read, large']
export const changeLoads = ['change, small', 'change, large']
export const signInLoads = ['sign-in, small', 'sign-in, large']
export const noCookieLoads = ['no cookie, not touched', 'no cookie, read']
