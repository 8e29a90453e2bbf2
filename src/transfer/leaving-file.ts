/** A file of ours on its way out. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'

import type { TransferResult } from './policy.ts'

export interface LeavingFile extends TransferResult {
  readonly path: string
  /** At the server. */
  readonly fileName: string
  readonly contentType: string
}

/** Reads it once, for its size and hash. Rejects when there is no such file. */
export async function leavingFile(
  path: string,
  fileName: string,
  contentType: string,
  signal: AbortSignal,
): Promise<LeavingFile> {
  const { size } = await stat(path)
  const hash = createHash('sha256')
  let sizeBytes = 0
  if (size > 0)
    for await (const chunk of createReadStream(path, { end: size - 1, signal }) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      sizeBytes += chunk.length
    }
  return { path, fileName, contentType, sizeBytes, sha256: hash.digest('hex') }
}
