import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { registerHooks, isBuiltin } from 'node:module'
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'

import * as sdk from '@octopus/plugin-sdk'
import { surround } from '@octopus/plugin-sdk/context.ts'
import { isDefined } from '@octopus/plugin-sdk/define-plugin.ts'

import type { RunnerResult, StartOrder } from '#runner/messages.ts'

import { argumentsFor, signatureOf } from './call-arguments.ts'
import type { Channel } from './channel.ts'
import { childrenOf } from './children.ts'
import { Refusal, tellFailure } from './failure.ts'
import { type PendingWatch, watchPending } from './pending.ts'
import { tellValue } from './value.ts'

export interface Modules {
  run(order: StartOrder): Promise<RunnerResult>
  /** The execution shall end: its signal aborts. */
  abort(): void
}

type Action = (...args: readonly unknown[]) => unknown

const SDK = '@octopus/plugin-sdk'
/** The address of the stand-in; nothing can be read from it but by our own hook. */
const SDK_URL = 'octopus:plugin-sdk'
const SDK_PLACE = Symbol.for('octopus.plugin-sdk')
/** So often the loop turns before what still keeps it alive counts as left over: sockets and children need a moment to end. */
const LAST_TURNS = 10
const CHECK_MS_MAX = 10_000

/** Loads a plugin's module once and calls its actions. `listens` is told when the plugin asks for its signal. */
export function createModules(channel: Channel, folder: string, listens: (does: boolean) => void): Modules {
  const modulesUrl = `${pathToFileURL(folder).href}/`
  let actions: ReadonlyMap<string, Action> | undefined
  let stop = new AbortController()
  let broken: ((error: unknown) => void) | undefined
  let order: StartOrder | undefined
  let file = ''

  const say = (level: string, text: string, more: readonly unknown[]): void =>
    channel.output('log', `${level} octopus: ${format(text, ...more)}`.toWellFormed() + '\n')

  surround({
    context: () => ({
      log: {
        info: (text, ...more) => say('INFO', text, more),
        warn: (text, ...more) => say('WARNING', text, more),
        error: (text, ...more) => say('ERROR', text, more),
      },
      progress: tellProgress,
      get signal() {
        listens(true)
        return stop.signal
      },
      execution: order?.environment['OCTOPUS_EXECUTION'] ?? '',
      attempt: Number(order?.environment['OCTOPUS_ATTEMPT_NUMBER']),
      fence: Number(order?.environment['OCTOPUS_FENCE']),
    }),
  })
  installHooks()
  let threads = 0
  let pending: PendingWatch | undefined
  // A callback that throws is the end of the execution; between two, it is the end of the process.
  process.on('uncaughtException', (error) => (broken === undefined ? process.exit(1) : broken(error)))
  process.on('exit', (code) => {
    if (broken !== undefined && order !== undefined) channel.send(exited(code))
  })

  function tellProgress(fraction: number | null, text = ''): void {
    // What a plugin in JavaScript passes is checked by nobody before.
    const number = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction ?? 0)) : null
    if (broken !== undefined) channel.send({ type: 'progress', fraction: number, text: text.slice(0, 1_000) })
  }

  /** `process.exit` asks for an end without a value, as a script's exit code does. */
  function exited(code: number): RunnerResult {
    const end = { ...NOTHING, skipped: channel.finish(), remains: 'exit' }
    if (code === 0) return { ...end, end: 'succeeded', reason: 'finished', value: 'null' }
    return { ...end, error: { message: `The plugin called process.exit(${code}).`, type: '', stack: '' } }
  }

  async function load({ plugin, source, language }: StartOrder): Promise<ReadonlyMap<string, Action>> {
    // Not before: the keeper is a thread, too.
    process.on('worker', (thread) => {
      threads += 1
      thread.once('exit', () => (threads -= 1))
    })
    // Whatever package.json lies above our folder must not decide what kind of module this is.
    writeFileSync(join(folder, 'package.json'), '{}')
    file = join(folder, `${plugin}.${language === 'typescript' ? 'ts' : 'js'}`)
    writeFileSync(file, Buffer.from(source ?? '', 'base64'), { mode: 0o600 })
    return actionsOf((await import(pathToFileURL(file).href)) as Record<string, unknown>)
  }

  async function call(next: StartOrder): Promise<unknown> {
    actions ??= await load(next)
    const action = actions.get(next.action)
    if (action === undefined) {
      const names = [...actions.keys()].toSorted().join(', ') || 'none: export a function, for example run()'
      throw new Refusal(`The plugin has no action '${next.action}'. Its actions: ${names}.`)
    }
    const args = JSON.parse(next.args) as readonly unknown[]
    const kwargs = JSON.parse(next.kwargs) as Readonly<Record<string, unknown>>
    if (isDefined(action)) return action({ args, kwargs })
    const signature = signatureOf(Function.prototype.toString.call(action))
    return action(...argumentsFor(next.action, signature, args, kwargs))
  }

  return {
    abort: () => stop.abort(new Error('The execution is being stopped.')),
    run: async (next) => {
      order = next
      pending ??= watchPending()
      stop = new AbortController()
      const before = resources()
      const thrown = Promise.withResolvers<never>()
      broken = thrown.reject
      let end: RunnerResult
      try {
        const value = await Promise.race([call(next), thrown.promise])
        end = resultOf(value, next.valueMax)
      } catch (error) {
        end = { ...NOTHING, error: tellFailure(placed(error, file), [modulesUrl, `${folder}${sep}`]) }
      }
      const remains = await leftOver(before, pending, () => threads)
      broken = undefined
      return { ...end, remains }
    },
  }
}

const NOTHING: RunnerResult = {
  type: 'result',
  end: 'failed',
  reason: 'exception',
  value: null,
  kind: 'json',
  cut: false,
  error: null,
  skipped: 0,
  remains: null,
}

function resultOf(value: unknown, valueMax: number): RunnerResult {
  const told = tellValue(value, valueMax)
  const fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  if (fields['status'] !== 'error') return { ...NOTHING, ...told, end: 'succeeded', reason: 'finished' }
  const said = fields['message'] ?? fields['error'] ?? 'The plugin returned the status "error".'
  const message = (typeof said === 'string' ? said : (JSON.stringify(said) ?? '')).slice(0, 16_384).toWellFormed()
  return { ...NOTHING, ...told, reason: 'status-error', error: { message, type: '', stack: '' } }
}

/** Node keeps the place of a syntax error to itself and shows it only when it gives up: so it is let to. */
function placed(error: unknown, file: string): unknown {
  if (!(error instanceof SyntaxError) || error.stack?.includes(file) === true || file === '') return error
  const args = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--check', file]
  const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: CHECK_MS_MAX })
  const shown =
    stderr
      .slice(Math.max(0, stderr.indexOf('file:')))
      .split('\n    at ')[0]
      ?.trim() ?? ''
  if (shown.includes(file)) error.stack = shown.replace(/\n*Node\.js v\S+$/, '')
  return error
}

/** Exported functions, with the default one as `run`; classes and what begins with `_` are no actions. */
function actionsOf(module: Record<string, unknown>): ReadonlyMap<string, Action> {
  const given = module['default']
  const inside = typeof given === 'object' && given !== null ? Object.entries(given) : []
  const all = [...(typeof given === 'function' ? [['run', given] as const] : inside), ...Object.entries(module)]
  const isAction = (entry: readonly [string, unknown]): entry is [string, Action] =>
    typeof entry[1] === 'function' &&
    /^[A-Za-z$][\w$]*$/.test(entry[0]) &&
    entry[0] !== 'default' &&
    !/^class\b/.test(Function.prototype.toString.call(entry[1]))
  return new Map(all.filter(isAction))
}

/** A plugin finds the kit wherever it lies, and a clear sentence for every other package. */
function installHooks(): void {
  Object.defineProperty(globalThis, SDK_PLACE, { value: sdk })
  const names = Object.keys(sdk).join(', ')
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === SDK) return { url: SDK_URL, format: 'module', shortCircuit: true }
      if (/^(?:node|file|data):/.test(specifier) || isBuiltin(specifier)) return next(specifier, context)
      const known = `the modules of Node (node:fs, …) and ${SDK}`
      throw new Refusal(
        `The plugin imports "${specifier}", which is on no client: a plugin is one file, with ${known}.`,
      )
    },
    load: (url, context, next) => {
      if (url !== SDK_URL) return next(url, context)
      const source = `export const { ${names} } = globalThis[Symbol.for('octopus.plugin-sdk')]`
      return { source, format: 'module', shortCircuit: true }
    },
  })
}

function resources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** Why this process must not be used again, or null: timers, servers, threads or children that go on. */
async function leftOver(
  before: ReadonlyMap<string, number>,
  pending: PendingWatch,
  threads: () => number,
): Promise<string | null> {
  for (let turn = 1; ; turn++) {
    const more = [...resources()].find(([name, count]) => count > (before.get(name) ?? 0))?.[0]
    const remains =
      more ?? (threads() > 0 ? 'threads' : pending.find()) ?? (childrenOf(process.pid).length > 0 ? 'children' : null)
    if (remains === null || turn === LAST_TURNS) return remains?.slice(0, 64) ?? null
    await pending.turn()
  }
}
