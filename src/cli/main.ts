#!/usr/bin/env node
/** The command line. The Node version is checked before anything else is loaded. */
import { checkRuntime } from './runtime.ts'

const refusal = checkRuntime(process.versions.node)
if (refusal === null) {
  const { runCommandLine } = await import('./command-line.ts')
  process.exitCode = await runCommandLine(process.argv.slice(2))
  // a forgotten handle must not keep a finished command alive
  setTimeout(() => process.exit(), 3000).unref()
} else {
  process.stderr.write(refusal)
  process.exitCode = 1
}
