// npm before 11 drops `node_modules/.bin/node` when it skips the other machine's Node package: put the link back.
// Plain JavaScript: this runs on the system's own Node.
import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const modules = join(import.meta.dirname ?? '.', '..', 'node_modules')
const link = join(modules, '.bin', 'node')
const binary = join(`node-linux-${process.arch}`, 'bin', 'node')

if (!existsSync(link)) {
  if (existsSync(join(modules, binary))) symlinkSync(join('..', binary), link)
  else
    process.stderr.write(
      `ampbridge: there is no Node 24 package for ${process.platform} ${process.arch}; it needs Linux on x64 or arm64\n`,
    )
}
