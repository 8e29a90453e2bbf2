/** Keeps what Node compiles: without it every ledger thread and every process of these tests strips its types anew. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// processes and threads that begin from here on take it over
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'ampbridge-test-compile-cache')
