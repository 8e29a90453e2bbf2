import { ERRORS } from '../model/errors.ts'

const TESTED_NODE_MAJOR = 24

/** Why this Node.js is refused, or null. npm brings the tested one; started by hand it may be any. */
export function checkRuntime(version: string): string | null {
  if (Number(version.split('.')[0]) === TESTED_NODE_MAJOR) return null
  const { title, hint } = ERRORS.RUNTIME_UNSUPPORTED
  return `ampbridge: RUNTIME_UNSUPPORTED: ${title}: ${version}, needed is ${TESTED_NODE_MAJOR}\n  ${hint}\n`
}
