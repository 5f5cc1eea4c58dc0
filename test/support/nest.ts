import { Controller, Get, Module, type INestApplication, type ModuleMetadata, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { onTestFinished } from 'vitest'

/** The platforms of Nest, by name. */
export const nestPlatforms = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter({ forceCloseConnections: true })],
] as const

export type CreateAdapter = (typeof nestPlatforms)[number][1]

/** A handler, with the decorators of each of its parameters, and its own. */
export interface NestRoute {
  readonly parameters: readonly ParameterDecorator[]
  readonly decorators?: readonly MethodDecorator[]
  readonly handle: (...values: any[]) => unknown
}

/** Creates a controller. Its decorators are functions, because tests are compiled without `experimentalDecorators`. */
export function nestController(routes: Record<string, NestRoute>): Type {
  class Routes {}
  for (const [index, [path, { parameters, decorators = [], handle }]] of Object.entries(routes).entries()) {
    const name = `route${index}`
    const method = { configurable: true, value: async (...values: unknown[]) => handle(...values) }
    Object.defineProperty(Routes.prototype, name, method)
    parameters.forEach((decorate, at) => decorate(Routes.prototype, name, at))
    for (const decorate of [Get(path), ...decorators]) decorate(Routes.prototype, name, method)
  }
  Controller()(Routes)
  return Routes
}

/** Creates a class of a root module. */
export function nestModule(metadata: ModuleMetadata, Root: Type = class {}): Type {
  Module(metadata)(Root)
  return Root
}

/** Creates an application that is closed when the test is over. */
export async function nestApp(Root: Type, createAdapter: CreateAdapter): Promise<INestApplication> {
  const app = await NestFactory.create<INestApplication>(Root, createAdapter(), { logger: false, abortOnError: false })
  onTestFinished(() => closeNest(app))
  return app
}

/** Listens on a free port of this machine. */
export async function listenNest(app: INestApplication): Promise<number> {
  await app.listen(0, '127.0.0.1')
  return (app.getHttpServer().address() as { port: number }).port
}

/** Closes an application, and the connections that clients keep open. */
export async function closeNest(app: INestApplication): Promise<void> {
  app.getHttpServer().closeAllConnections()
  await app.close()
}
