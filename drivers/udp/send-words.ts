import { inWords as inWordsOfNetwork } from '../../src/wire/network-words.ts'

/** Why a datagram could not leave, or a port be taken, in the words of whoever set it up. */
export function inWords(error: unknown, localPort: number): string {
  return inWordsOfNetwork(error, {
    EADDRINUSE: `port ${localPort} of this machine is taken by another program (?local=PORT chooses another)`,
    EACCES: 'not allowed: a port below 1024 needs root, and a broadcast address is no device',
  })
}
