import type { Response } from 'express'
import { fileURLToPath } from 'node:url'
import type { Responder, Ways } from './ways.ts'

const file = fileURLToPath(new URL('../../../package.json', import.meta.url))
const express =
  (way: (res: Response) => unknown): Responder =>
  (res) =>
    way(res as Response)

const vary = (res: Response): Response => res.vary('Accept-Encoding').cookie('theme', 'dark')

/** The ways to send a response that Express adds. */
export const expressWays: Ways = [
  ['res.send(text)', express((res) => res.send('text'))],
  ['res.send(text) with headers of its own', express((res) => vary(res).status(201).send('text'))],
  ['res.send(bytes)', express((res) => res.send(Buffer.from('bytes')))],
  ['res.send(object)', express((res) => res.send({ n: 1 }))],
  ['res.json', express((res) => vary(res).json([1, 2]))],
  ['res.sendStatus', express((res) => res.sendStatus(404))],
  ['res.redirect', express((res) => vary(res).redirect('/next'))],
  ['res.redirect with a status', express((res) => res.redirect(303, '/next'))],
  ['res.format', express((res) => res.format({ html: () => res.send('<p>'), json: () => res.json({}) }))],
  ['res.sendFile', express((res) => vary(res).sendFile(file, { lastModified: false }))],
  ['res.sendFile with an age', express((res) => res.sendFile(file, { maxAge: 1000 }))],
  ['res.sendFile of a part', express((res) => res.sendFile(file)), { range: 'bytes=2-40' }],
  ['res.sendFile of a part that there is not', express((res) => res.sendFile(file)), { range: 'bytes=900000-' }],
  ['res.sendFile to who has it', express((res) => res.sendFile(file)), { 'if-none-match': '*' }],
  ['res.send to who has it', express((res) => vary(res).send('text')), { 'if-none-match': '*' }],
  ['res.json to who has it', express((res) => res.json({ n: 1 })), { 'if-none-match': '*' }],
]
