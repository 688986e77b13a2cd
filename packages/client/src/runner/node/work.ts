import {
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  unlinkSync,
  closeSync,
  writeSync,
  constants,
} from 'node:fs'
import { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { createLines } from '#runner/lines.ts'
import { markOf } from '#runner/marked-pipe.ts'
import type { RunnerResult, ScriptEnd, StartOrder } from '#runner/messages.ts'

import { CHANNEL, createChannel } from './channel.ts'
import { HANDLES_TERM_AT, type KeeperData, LIFELINE, RUNS, RUNS_AT } from './keeper.ts'
import { openLibc } from './libc.ts'
import { createModules } from './run-module.ts'
import { runScript } from './run-script.ts'
import { replaceStreams } from './streams.ts'

/** An order holds the plugin's source and its arguments; a longer line is none of the client's. */
const ORDER_BYTES_MAX = 8_388_608

/** Says what mark its children shall inherit; the same in `octopus_runner.py`. */
const INHERIT = '--inherit='

/** The whole life of the main thread: orders come, one after the other, and each is answered. */
export function work(ownFile: string): void {
  // oxlint-disable-next-line eslint/no-restricted-properties -- this is a process of its own, which the client gave its environment
  const { platform, env, argv } = process
  closeStrangers()
  process.umask(0o077)
  const home = process.cwd()
  const folder = dirname(home)
  const baseEnvironment = { ...env }
  const libc = openLibc(platform)
  const inherited = argv.find((argument) => argument.startsWith(INHERIT))?.slice(INHERIT.length)
  if (inherited !== undefined) libc?.inherit(BigInt(inherited))
  const channel = createChannel()
  const memory = new SharedArrayBuffer(8)
  const shared = new Int32Array(memory)
  const keeper = new Worker(ownFile, {
    workerData: { shared: memory } satisfies KeeperData,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  keeper.unref()
  // A client that hears nothing of the keeper would never give an order; it is told how it came to that.
  keeper.on('error', (error) => fail(error))
  replaceStreams(channel)
  const modules = createModules(channel, join(folder, 'modules'), (listens) => {
    shared[RUNS_AT] = listens ? RUNS.listeningModule : RUNS.deafModule
  })
  keeper.on('message', () => modules.abort())
  // Signals are the keeper's to deal with, unless the plugin wants them.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('newListener', (name) => {
    if (name === 'SIGTERM') shared[HANDLES_TERM_AT] = 1
  })

  /** Only descriptors 1 and 2 are left to say it with. */
  function fail(error: unknown): never {
    writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(1)
  }

  /** So that the client, which opens them for reading, does not see them end before they begin. */
  const kept =
    libc === undefined
      ? []
      : ['stdout', 'stderr'].map((name) => {
          const path = join(folder, name)
          libc.makeNamedPipe(path)
          return { path, fd: openSync(path, constants.O_RDWR) }
        })
  /** Windows alone has no such pipes; there a mark in the stream says where an execution begins and ends. */
  const raw: number[] = []

  function openRaw(): void {
    for (const [index, { path, fd }] of kept.entries()) {
      raw.push(openSync(path, constants.O_WRONLY))
      closeSync(fd)
      unlinkSync(path)
      libc?.redirect(raw[index] ?? 0, index + 1)
    }
  }

  function mark(order: StartOrder, sign: '+' | '-'): void {
    if (libc === undefined) for (const fd of [1, 2]) writeSync(fd, markOf(order.nonce, sign))
  }

  /** Each execution finds the process as the first one found it, but for what the plugin's own module holds. */
  function prepare(order: StartOrder): void {
    if (raw.length === 0) openRaw()
    for (const [index, fd] of raw.entries()) libc?.redirect(fd, index + 1)
    process.umask(0o077)
    process.chdir(home)
    const environment = { ...baseEnvironment, ...order.environment }
    for (const name of Object.keys(env)) if (!(name in environment)) delete env[name]
    Object.assign(env, environment)
    mark(order, '+')
    channel.begin(order.outputMax)
  }

  /** Answers false when something could not be removed. */
  function emptyHome(): boolean {
    try {
      process.chdir(home)
      for (const name of readdirSync(home)) rmSync(join(home, name), { recursive: true, force: true })
      return true
    } catch {
      return false
    }
  }

  async function execute(order: StartOrder): Promise<void> {
    prepare(order)
    shared[RUNS_AT] = order.program === null ? RUNS.deafModule : RUNS.script
    channel.send({ type: 'started' })
    const end: RunnerResult | ScriptEnd =
      order.program === null
        ? await modules.run(order)
        : await runScript({ order, program: order.program, folder, home, env, libc, progress: channel.send })
    // What the end of its children made of the plugin is no result of it.
    if (shared[RUNS_AT] === RUNS.ending) return
    shared[RUNS_AT] = RUNS.nothing
    const skipped = end.skipped + channel.finish()
    const remains = end.remains ?? (emptyHome() ? null : 'files')
    mark(order, '-')
    channel.send({ ...end, skipped, remains })
  }

  mkdirSync(join(folder, 'modules'), { mode: 0o700 })
  const orders = new Socket({ fd: CHANNEL, readable: true, writable: false })
  const hear = createLines(
    () => ORDER_BYTES_MAX,
    (line) => void execute(JSON.parse(line) as StartOrder).catch(fail),
    () => fail('an order that is too long'),
  )
  orders.on('data', hear)
  orders.on('error', () => keeper.postMessage('end'))
  // The client wants no more of this process, or is gone: all that is left of its tree goes with it.
  orders.on('close', () => keeper.postMessage('end'))
  channel.send({ type: 'ready', version: process.versions.node })
}

/** Linux: closes what the client's own parents left open, so that no plugin and no child of one can use it. */
function closeStrangers(): void {
  for (const name of safely(() => readdirSync('/proc/self/fdinfo')) ?? []) {
    // The folder's own descriptor is in its list, and gone by now.
    const facts = safely(() => readFileSync(`/proc/self/fdinfo/${name}`, 'latin1')) ?? ''
    const flags = /^flags:\s*([0-7]+)/m.exec(facts)?.[1]
    const isInherited = flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
    if (isInherited && Number(name) > LIFELINE) safely(() => closeSync(Number(name)))
  }
}

function safely<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}

const CLOSE_ON_EXEC = 0o2000000
