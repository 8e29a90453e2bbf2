#!/usr/bin/env -S node --max-semi-space-size=16 --heap-growing-percent=80
// A bridge is small and lives for months: with these two options it holds 24 MiB less, and 100 MiB less while a backlog drains,
// for a tenth more processor time per message of a backlog (docs/benchmarks.md, P3 and P10). Whoever starts it through `node` says them.
// The door for any Node.js: an older one cannot even load TypeScript, and would say so in words that help nobody.
if (Number(process.versions.node.split('.')[0]) === 24) {
  // Stripping types costs half a second and 45 MiB at each start, the ledger's thread included (which follows the variable):
  // what was stripped once is kept. In our own folder, not in a shared one: what lies there is run. If it cannot be written
  // it is only slower.
  const { enableCompileCache, flushCompileCache } = await import('node:module')
  const { fileURLToPath } = await import('node:url')
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../node_modules/.cache/ampbridge', import.meta.url))
  enableCompileCache(process.env.NODE_COMPILE_CACHE)
  // otherwise it is written at a calm end only, which a bridge seldom has
  setTimeout(flushCompileCache, 10_000).unref()
  await import('./main.ts')
} else {
  process.stderr.write(
    `ampbridge: RUNTIME_UNSUPPORTED: This is Node.js ${process.versions.node}, tested is 24\n` +
      '  Start through npm (`npm start`, `npm run -s ampbridge -- ...`): it brings Node 24 with it.\n' +
      '  If you did: `npm ci` found no Node 24 for this machine (Linux x64 and arm64 have one).\n',
  )
  process.exitCode = 1
}
