/** A file on its way in: under another name until all of it is on disk. */
import { createHash, randomBytes } from 'node:crypto'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Writable } from 'node:stream'

import type { TransferResult } from './policy.ts'

export class ArrivingFile {
  readonly #path: string
  readonly #temporary: string
  readonly #file: FileHandle
  readonly #hash = createHash('sha256')
  #sizeBytes = 0

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.#path = path
    this.#temporary = temporary
    this.#file = file
  }

  /** @param path where it will be; its folder must exist */
  static async open(path: string): Promise<ArrivingFile> {
    const temporary = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.part`)
    return new ArrivingFile(path, temporary, await open(temporary, 'wx', 0o600))
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk)
    this.#sizeBytes += chunk.length
    await this.#file.appendFile(chunk)
  }

  /** A stream into it. @param onChunk sees each chunk before it is written; what it throws ends the stream */
  sink(onChunk: (chunk: Uint8Array) => void): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        const take = async (): Promise<void> => {
          onChunk(chunk)
          await this.write(chunk)
        }
        take().then(() => done(), done)
      },
    })
  }

  /** All of it came: it is on disk under its name when this resolves. */
  async keep(): Promise<TransferResult> {
    await this.#file.sync()
    await this.#file.close()
    await rename(this.#temporary, this.#path)
    const folder = await open(dirname(this.#path), 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex') }
  }

  /** It will not come: nothing of it stays. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => undefined)
    await rm(this.#temporary, { force: true })
  }
}

/** Opens, fills and keeps a file, or leaves nothing. */
export async function arriving(path: string, fill: (file: ArrivingFile) => Promise<void>): Promise<TransferResult> {
  const file = await ArrivingFile.open(path)
  try {
    await fill(file)
    return await file.keep()
  } catch (error) {
    await file.discard()
    throw error
  }
}
