import { Hono } from 'hono'
import type { HttpBindings } from '@hono/node-server'
import { expect, test } from 'vitest'
import { readingTurns } from '../../src/api/reading-turns.ts'

test('four answers at once, whatever is asked; the fifth is refused, and its place comes free again', async () => {
  const inTurn = readingTurns()
  const { promise, resolve } = Promise.withResolvers<Response>()
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.get(
    '/log',
    inTurn(async () => (await promise).clone()),
  )
  app.get(
    '/why',
    inTurn(() => Promise.reject(new Error('the ledger failed'))),
  )
  app.onError(() => new Response(null, { status: 500 }))
  const waiting = Array.from({ length: 4 }, async () => app.request('/log'))
  expect((await app.request('/why')).status).toBe(503)
  resolve(new Response('all of it'))
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  // a fault frees its place as well
  for (let count = 0; count < 5; count++) expect((await app.request('/why')).status).toBe(500)
})
