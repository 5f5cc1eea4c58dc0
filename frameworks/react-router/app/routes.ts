import { index, route, type RouteConfig } from '@react-router/dev/routes'

const names = [
  'plain',
  'login',
  'logout',
  'devices',
  'flash',
  'flashes',
  'read',
  'own-cookie',
  'stream',
  'date',
  'throw',
  'page',
]

export default [
  index('routes/home.ts'),
  ...names.map((name) => route(name, `routes/${name}.${name === 'page' ? 'tsx' : 'ts'}`)),
] satisfies RouteConfig
