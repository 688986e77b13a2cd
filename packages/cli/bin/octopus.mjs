#!/usr/bin/env node
// Octopus needs the Node that npm installed beside it; any older one can start this file, which hands over to that one.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const major = Number(process.versions.node.split('.')[0])
const main = join(here, '..', 'src', 'octopus.ts')

if (major >= 26) {
  await import(main)
} else {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const packages = {
    linux: ['linux-x64', 'linux-arm64'],
    win32: ['win-x64'],
    darwin: ['bin-darwin-arm64', 'darwin-x64'],
  }
  const modules = join(here, '..', '..', '..', 'node_modules')
  const node = (packages[process.platform] ?? [])
    .map((folder) => join(modules, `node-${folder}`, 'bin', name))
    .find((path) => existsSync(path))
  if (node === undefined) {
    console.error(
      `octopus: needs Node 26 or newer, this is ${process.versions.node}. Run "npm ci" in the project's folder, which brings it.`,
    )
    process.exit(1)
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
}
