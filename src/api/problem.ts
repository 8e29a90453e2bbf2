import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { ERRORS } from '../model/errors.ts'
import type { ErrorCode } from '../model/errors.ts'
import type { ApiProblem } from './types.ts'

/** A refusal as RFC 9457 words it; title and hint come from the one table of errors. */
export function problem(status: ContentfulStatusCode, code: ErrorCode, detail: string): Response {
  const { title, hint } = ERRORS[code]
  const body: ApiProblem = { type: 'about:blank', title, status, code, detail, hint }
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  })
}
