import { existsSync } from 'node:fs'
import { join } from 'node:path'

import type { RunnerKind } from './runner-kind.ts'
import type { Command } from './spawn.ts'

/** How a runner is started. */
export interface Launch {
  readonly kind: RunnerKind
  readonly command: Command
  /** The process that is started is the worker itself, its keeper a thread in it; else it is the keeper. */
  readonly isWorker: boolean
}

/**
 * The heap of a plugin in JavaScript: beyond it the process ends, and the execution has crashed. A plugin that needs
 * more should work in pieces; without the limit V8 would take a quarter of the PC's memory and more.
 */
export const HEAP_MIB_MAX = 1_024

export function pythonLaunch(python: Command): Launch {
  const args = [...python.args, '-B', '-u', fileOf('python', 'octopus_runner.py')]
  return { kind: 'python', command: { file: python.file, args }, isWorker: false }
}

/** By the Node that runs the client, so that it is always there. */
export function nodeLaunch(execPath: string): Launch {
  const args = [
    `--max-old-space-size=${HEAP_MIB_MAX}`,
    // What Node says of itself there is nothing that a plugin's author could change.
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
    fileOf('node', 'octopus-runner.mjs', 'octopus-runner.ts'),
  ]
  return { kind: 'node', command: { file: execPath, args }, isWorker: true }
}

/** In the source beside this file, in a packed client beside the program: in a folder of the same name. */
function fileOf(folder: string, packed: string, source = packed): string {
  const path = join(import.meta.dirname, folder, packed)
  return existsSync(path) ? path : join(import.meta.dirname, folder, source)
}
