/** A file to or from a server that an operator named: OCPP GetDiagnostics, GetLog, UpdateFirmware and their signed forms. */
import { arriving } from './arriving-file.ts'
import { refused, toTransferFault } from './fault.ts'
import { downloadByFtp, uploadByFtp } from './ftp.ts'
import { downloadByHttp, httpFileLocation, uploadByHttp } from './http.ts'
import { leavingFile } from './leaving-file.ts'
import { checkFileName, hostOf, readLocation, secretsOf, type Location } from './location.ts'
import type { DownloadLimits, TransferResult, TransferTarget, UploadOptions } from './policy.ts'
import { downloadBySftp, uploadBySftp } from './sftp.ts'
import { watched } from './watch.ts'

const DOWNLOAD_BYTES_MAX = 256 * 1024 * 1024

/**
 * Sends the file at `path`. A target that ends in `/`, or that an FTP or SFTP server knows as a folder, gets `fileName` appended
 * (OCPP 1.6 6.25: the location is a directory); any other target is where the file goes.
 *
 * Rejects with TRANSFER_REFUSED (asking again is of no use), TRANSFER_FAILED (it may work later) or the signal's reason.
 */
export async function uploadFile(
  target: TransferTarget,
  path: string,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<TransferResult> {
  const { policy } = target
  const location = readLocation(target.url)
  const contentType = options.contentType ?? 'application/zip'
  const fileName = checkFileName(options.fileName)
  const file = await ours(location, signal, () => leavingFile(path, fileName, contentType, signal))
  await watched(location, options, policy.clock, signal, (watch) => {
    switch (location.protocol) {
      case 'HTTP':
      case 'HTTPS':
        return uploadByHttp(httpFileLocation(location, file.fileName), policy, file, watch)
      case 'FTP':
      case 'FTPS':
        return uploadByFtp(location, policy, file, watch)
      case 'SFTP':
        return uploadBySftp(location, policy, file, watch)
    }
  })
  return { sizeBytes: file.sizeBytes, sha256: file.sha256 }
}

/**
 * Fetches a file to the path `destination`, whose folder must exist. It is there, whole and on disk, when this resolves; else
 * nothing is. Rejects as `uploadFile` does.
 */
export async function downloadFile(
  target: TransferTarget,
  destination: string,
  limits: DownloadLimits,
  signal: AbortSignal,
): Promise<TransferResult> {
  const { policy } = target
  const location = readLocation(target.url)
  const maxBytes = limits.maxBytes ?? DOWNLOAD_BYTES_MAX
  const admit = (bytes: number): void => {
    if (bytes > maxBytes) throw refused(hostOf(location), `the file is larger than ${maxBytes} bytes`)
  }
  const fetched = (): Promise<TransferResult> =>
    arriving(destination, (file) =>
      watched(location, limits, policy.clock, signal, (watch) => {
        switch (location.protocol) {
          case 'HTTP':
          case 'HTTPS':
            return downloadByHttp(location, policy, file, admit, watch)
          case 'FTP':
          case 'FTPS':
            return downloadByFtp(location, policy, file, admit, watch)
          case 'SFTP':
            return downloadBySftp(location, policy, file, admit, watch)
        }
      }),
    )
  return ours(location, signal, fetched)
}

/** What our own disk does wrong, as a fault of the transfer. */
async function ours<T>(location: Location, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted()
    throw toTransferFault(error, hostOf(location), secretsOf(location))
  }
}
