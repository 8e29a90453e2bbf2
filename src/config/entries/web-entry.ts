/** `web`: the page and the API. */
import { section, text } from '../fields.ts'

export const webSection = section({
  listen: text(260, 'the address to listen on')
    .default('127.0.0.1:8080')
    .describe('`HOST:PORT` of the page and the API.'),
})
