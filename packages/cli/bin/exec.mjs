#!/usr/bin/env node
// The project's scripts begin with `exec`, so that no shell stands between npm and the program: a shell dies of Ctrl-C at
// once, and npm would report that instead of the program's own end. On Windows there is no `exec`; this is found instead.
import { spawn } from 'node:child_process'

const [program, ...args] = process.argv.slice(2)
const child = spawn(program === 'node' ? process.execPath : program, args, { stdio: 'inherit' })
process.on('SIGINT', () => {})
child.on('error', (error) => {
  console.error(`exec: ${error.message}`)
  process.exit(1)
})
child.on('exit', (code) => process.exit(code ?? 1))
