import type { HeaderAccess } from '../../adapters/shared/apply-headers.ts'
import type { FastifyReply } from './host.ts'

/** Headers of a reply of Fastify. */
export const fastifyHeaders: HeaderAccess<FastifyReply> = {
  get(reply, name) {
    const value = reply.getHeader(name)
    return value === undefined ? null : [value].flat().join(', ')
  },
  set: (reply, name, value) => void reply.header(name, value),
  append: (reply, name, value) => void reply.header(name, value),
  names: (reply) => Object.keys(reply.getHeaders()),
  remove: (reply, name) => void reply.removeHeader(name),
}
