#!/usr/bin/env node
// Octopus needs the Node that npm installed beside it; any older one can start this file, which hands over to that one.
// Run from the repository, what serves the dashboard has it built first, if it is missing or older than its sources.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..', '..')
const major = Number(process.versions.node.split('.')[0])
const main = join(here, '..', 'src', 'octopus.ts')
/** A program by itself: this one knows nothing of the tools, and a server without the repository has none. */
const builder = join(root, 'tools', 'build-dashboard.ts')
const args = process.argv.slice(2)

const node = major >= 26 ? process.execPath : installedNode()
if (['demo', 'server'].includes(args[0]) && !args.includes('--help') && existsSync(builder)) await buildDashboard()

if (major >= 26) {
  await import(main)
} else {
  const child = spawn(node, [main, ...args], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
}

function installedNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const packages = {
    linux: ['linux-x64', 'linux-arm64'],
    win32: ['win-x64'],
    darwin: ['bin-darwin-arm64', 'darwin-x64'],
  }
  const modules = join(root, 'node_modules')
  const found = (packages[process.platform] ?? [])
    .map((folder) => join(modules, `node-${folder}`, 'bin', name))
    .find((path) => existsSync(path))
  if (found !== undefined) return found
  console.error(
    `octopus: needs Node 26 or newer, this is ${process.versions.node}. Run "npm ci" in the project's folder, which brings it.`,
  )
  process.exit(1)
}

/** A dashboard that cannot be built says why; the API works without it, so the start goes on. */
function buildDashboard() {
  // What it says goes to people: on the server's standard output is its log.
  const child = spawn(node, [builder, '--if-needed'], { stdio: ['ignore', 2, 2] })
  let stopped = false
  const stop = (signal) => {
    stopped = true
    child.kill(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop)
  return new Promise((resolve) => {
    child.on('error', resolve)
    child.on('exit', resolve)
  }).then(() => {
    if (stopped) process.exit(0)
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop)
  })
}
