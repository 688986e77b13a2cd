import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs'
import { dirname, join } from 'node:path'

import { readScriptHeader } from '@octopus/protocol/script-header.ts'

import type { RunnerMessage, ScriptEnd, StartOrder } from '#runner/messages.ts'
import type { Command } from '#runner/spawn.ts'

import { seesChildren } from './children.ts'
import { Refusal } from './failure.ts'
import type { Libc } from './libc.ts'
import { scriptArguments, scriptVariables } from './script-arguments.ts'

export interface ScriptNeeds {
  readonly order: StartOrder
  readonly program: Command
  /** The runner's folder, and the folder of work in it. */
  readonly folder: string
  readonly home: string
  /** The environment of this execution, without what only a script is told. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly libc: Libc | undefined
  progress(message: RunnerMessage): void
}

/** Runs a script once: arguments as a file and on standard input, output straight into the pipes of the client. */
export async function runScript(needs: ScriptNeeds): Promise<ScriptEnd> {
  const { order, program, folder, home } = needs
  const powershell = order.language === 'powershell'
  const script = join(folder, 'modules', `${order.plugin}.${powershell ? 'ps1' : 'sh'}`)
  const argumentsFile = join(folder, 'arguments.json')
  const progressFile = join(folder, 'progress')
  const environment: Record<string, string | undefined> = {
    ...needs.env,
    OCTOPUS_ACTION: order.action,
    OCTOPUS_ARGS_FILE: argumentsFile,
    OCTOPUS_PROGRESS_FILE: progressFile,
    OCTOPUS_SCRIPT_FILE: script,
  }
  try {
    const source = sourceFor(order.source ?? '', powershell)
    const header = readScriptHeader(source.toString())
    if (!header.actions.includes(order.action))
      throw new Refusal(`The plugin has no action '${order.action}'. Its actions: ${header.actions.join(', ')}.`)
    const given = scriptArguments(header, order)
    Object.assign(environment, scriptVariables(given.kwargs))
    writeAnew(script, source, 0o700)
    writeAnew(argumentsFile, JSON.stringify({ args: given.args, kwargs: given.kwargs }))
    writeAnew(progressFile, '')
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error)
    // What an earlier script left in the way of its files would be in the way of the next one too.
    return { ...ENDED, failed, remains: error instanceof Refusal ? null : 'files' }
  }
  const watcher = watchProgress(progressFile, needs.progress)
  const input = openSync(argumentsFile, 'r')
  const args = powershell ? program.args : [...program.args, script]
  const child = spawn(program.file, args, { cwd: home, env: environment, stdio: [input, 1, 2], windowsHide: true })
  closeSync(input)
  return new Promise((resolve) => {
    const end = (how: Partial<ScriptEnd>): void => {
      watcher?.close()
      tellProgress(progressFile, needs.progress)
      resolve({ ...ENDED, ...how, remains: leftOver(needs.libc) })
    }
    child.on('exit', (code, signal) => end({ code, signal }))
    child.on('error', (error) => child.pid === undefined && end({ failed: error.message, missing: true }))
  })
}

const ENDED: ScriptEnd = {
  type: 'exited',
  code: null,
  signal: null,
  failed: null,
  missing: false,
  skipped: 0,
  remains: null,
}

/** A script that ran before may have changed its files, removed them, or put something else in their place. */
function writeAnew(path: string, content: string | Buffer, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  rmSync(path, { recursive: true, force: true })
  writeFileSync(path, content, { mode, flag: 'wx' })
}

/** Windows PowerShell takes a file for UTF-8 only with the mark at its beginning. */
function sourceFor(base64: string, powershell: boolean): Buffer {
  const source = Buffer.from(base64, 'base64')
  const mark = Buffer.from([0xef, 0xbb, 0xbf])
  return powershell && !source.subarray(0, 3).equals(mark) ? Buffer.concat([mark, source]) : source
}

/** The script's own process is gone; whatever is a child now was orphaned by it. Only the system's wait is a proof. */
function leftOver(libc: Libc | undefined): string | null {
  if (libc === undefined || !seesChildren()) return 'unseen'
  for (;;) {
    const found = libc.reapOne()
    if (found !== 'reaped') return found === 'none' ? null : 'children'
  }
}

function watchProgress(file: string, tell: ScriptNeeds['progress']): FSWatcher | undefined {
  try {
    return watch(file, { persistent: false }, () => tellProgress(file, tell)).on('error', () => {})
  } catch {
    // A system that watches no more files: the last progress is told at the end.
    return undefined
  }
}

/** The last line counts: `0.5 half of it`, `0.5`, or a text alone. */
function tellProgress(file: string, tell: ScriptNeeds['progress']): void {
  let line: string
  try {
    line = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)?.trim() ?? ''
  } catch {
    return
  }
  if (line === '') return
  const [, number, text = ''] = /^((?:0|1)?(?:\.\d+)?|\d+)(?:\s+(.*))?$/.exec(line) ?? [undefined, undefined, line]
  const fraction = number === undefined || number === '' ? null : Math.min(1, Number(number))
  tell({ type: 'progress', fraction, text: text.slice(0, 1_000).toWellFormed() })
}
