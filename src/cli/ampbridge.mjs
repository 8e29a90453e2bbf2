#!/usr/bin/env node
// The door for any Node.js: an older one cannot even load TypeScript, and would say so in words that help nobody.
if (Number(process.versions.node.split('.')[0]) === 24) {
  await import('./main.ts')
} else {
  process.stderr.write(
    `ampbridge: RUNTIME_UNSUPPORTED: This is Node.js ${process.versions.node}, tested is 24\n` +
      '  Start through npm (`npm start`, `npm run -s ampbridge -- ...`): it brings Node 24 with it.\n' +
      '  If you did: `npm ci` found no Node 24 for this machine (Linux x64 and arm64 have one).\n',
  )
  process.exitCode = 1
}
