import type { IdTokenInfo } from '../../model/csms.ts'
import { parseDateTime } from './date-time.ts'
import type { IdTagInfo } from './payloads.ts'
import { ID_TAG_STATUS } from './words.ts'

/** What a CSMS says of an identifier. Null when status or date are none: the schema lets neither through. */
export function idTokenInfo({ status, expiryDate, parentIdTag }: IdTagInfo): IdTokenInfo | null {
  const word = ID_TAG_STATUS.get(status)
  const expiresAt = expiryDate === undefined ? null : parseDateTime(expiryDate)
  if (word === undefined || (expiryDate !== undefined && expiresAt === null)) return null
  return { status: word, expiresAt, parentIdToken: parentIdToken(parentIdTag) }
}

/** An empty parent is none: else all cards with an empty one would be of one family. */
export function parentIdToken(parentIdTag: string | undefined): string | null {
  return parentIdTag === undefined || parentIdTag.trim() === '' ? null : parentIdTag
}
