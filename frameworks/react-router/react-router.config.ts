import type { Config } from '@react-router/dev/config'

// Middleware is on by default in React Router 8.
export default { future: { v8_middleware: true } } satisfies Config
