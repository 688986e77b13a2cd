import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Files } from '@octopus/kit/files.ts'
import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import type { Log } from '@octopus/kit/log.ts'
import type { Random } from '@octopus/kit/random.ts'
import type { Reported } from '@octopus/protocol/from-client.ts'
import { RESULT_BYTES_MAX } from '@octopus/protocol/limits.ts'

import type { Identity } from '#connection/hello.ts'
import type { Inbox } from '#connection/inbox.ts'
import { keepConnected } from '#connection/keep-connected.ts'
import type { Connect } from '#connection/talk.ts'
import { openPluginSync, type FetchPlugin, type PluginSync } from '#plugins/sync.ts'
import { openJournal, type Journal } from '#results/journal.ts'
import { OutputStore } from '#results/output-store.ts'
import { createReport, type Report } from '#results/report.ts'
import type { RunnerPool } from '#runner/runner.ts'
import { createWork, type Work } from '#work/work.ts'

/** Below this much free disk new work is rejected: what runs must still be able to write its result. */
const DISK_FREE_BYTES_MIN = 64 * 1_048_576
const DISK_LOOK_MS: Ms = 10_000
/** At a stop the server gets this long to answer for the last results; what it does not answer goes at the next start. */
const LAST_ANSWERS_MS: Ms = 2_000

/** The kill ladder takes 10 s at most; a disk that refuses the results does not hold up a shut-down for longer. */
const STOP_MS_MAX: Ms = 15_000
/**
 * A look for interpreters, at each connection, holds it up no longer: one that hangs would keep all results from the
 * server. What was found last counts until it ends.
 */
const LOOK_MS_MAX: Ms = 2_000

/** Everything the client touches outside itself, so that the simulator can run it in virtual time. */
export interface ClientNeeds {
  readonly files: Files
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly connect: Connect
  readonly fetchPlugin: FetchPlugin
  readonly runnerPool: RunnerPool
  /** Ends what a dead predecessor left running; done before `hello`. */
  killLeftOvers(): Promise<void>
  readonly identity: Identity
  readonly settings: ClientSettings
  readonly facts: PcFacts
}

export interface ClientSettings {
  /** Holds the journal. Nothing but this client writes there. */
  readonly stateFolder: string
  readonly pluginsFolder: string
  readonly slots: number
  /** The interval this client wishes. */
  readonly heartbeatMs: Ms
  /** `CLIENT_USER`: a wish, no right. */
  readonly wishedUser: string | null
  readonly labels: readonly string[]
}

/** What the PC says of itself. */
export interface PcFacts {
  readonly hostName: string
  readonly os: string
  readonly arch: string
  /** The operating system's user. */
  readonly account: string
  /** Another one after each boot. */
  readonly bootId: string
  /** Load average of a minute; 0 where there is none. */
  load(): number
  freeDiskBytes(): Promise<number>
}

export interface Client {
  /**
   * Works until the signal, then ends its executions as `client-stopping`, reports, and says `leaving`. Answers
   * `revoked` when the server has revoked this client. Rejects when the journal cannot be opened.
   */
  run(signal: AbortSignal): Promise<'stopped' | 'revoked'>
}

/** Builds the client program. Starts nothing before `run`. */
export function createClient(needs: ClientNeeds): Client {
  return { run: (signal) => run(needs, signal) }
}

async function run(needs: ClientNeeds, signal: AbortSignal): Promise<'stopped' | 'revoked'> {
  const { clock, log } = needs
  await needs.files.makeFolder(needs.settings.stateFolder)
  await needs.killLeftOvers()
  const journal = await openJournal({
    ...needs,
    path: `${needs.settings.stateFolder}/journal`,
    ids: createUuidV7Maker(clock, needs.random),
  })
  const parts = await assemble(needs, journal)
  const life = new AbortController()
  const ended = new AbortController()
  const background = [
    parts.plugins.run(life.signal),
    parts.work.watchHold(life.signal),
    watchDisk(needs, parts, life.signal),
  ]
  for (const loop of background)
    loop.catch((error: unknown) => life.signal.aborted || log.error('loop-ended', { error: String(error) }))
  const connected = keepConnected(talkNeeds(needs, journal, parts), life.signal).finally(() => ended.abort())

  await aborted(AbortSignal.any([signal, ended.signal]))
  log.info('client-stopping', { running: parts.work.inventory().length })
  await within(needs, STOP_MS_MAX, parts.work.stop())
  if (!ended.signal.aborted) await answersCame(needs, parts)
  life.abort(new Error('the client stops'))
  const outcome = await connected
  await Promise.allSettled(background)
  await journal.close()
  await needs.runnerPool[Symbol.asyncDispose]()
  log.info('client-stopped', { outcome })
  return outcome
}

interface Parts {
  runtimes: Awaited<ReturnType<RunnerPool['runtimes']>>
  readonly outputs: OutputStore
  readonly report: Report
  readonly plugins: PluginSync
  readonly work: Work
  diskLow: boolean
}

async function assemble(needs: ClientNeeds, journal: Journal): Promise<Parts> {
  const runtimes = await needs.runnerPool.runtimes()
  const outputs = new OutputStore()
  const report = createReport(journal, outputs)
  const plugins = await openPluginSync({
    ...needs,
    folder: needs.settings.pluginsFolder,
    changed: () => parts.work.wake(),
  })
  const work = createWork({
    ...needs,
    journal,
    outputs,
    report,
    plugins,
    resultBytesMax: RESULT_BYTES_MAX,
    slots: needs.settings.slots,
    canRun: (language) => parts.runtimes.some((runtime) => runtime.language === language),
    diskLow: () => parts.diskLow,
  })
  const parts: Parts = { runtimes, outputs, report, plugins, work, diskLow: false }
  return parts
}

function talkNeeds(needs: ClientNeeds, journal: Journal, parts: Parts): Parameters<typeof keepConnected>[0] {
  const { facts, settings } = needs
  const { hostName, os, arch, account, bootId } = facts
  const { wishedUser, labels, slots, heartbeatMs } = settings
  const reported: Reported = { hostName, os, arch, account, wishedUser, labels: [...labels] }
  return {
    connect: async (events, abort) => {
      let isTold = false
      const look = needs.runnerPool.runtimes().then((found) => {
        const isNews = isTold && JSON.stringify(found) !== JSON.stringify(parts.runtimes)
        parts.runtimes = found
        // What it runs is told at the beginning of a session only.
        if (isNews) events.closed('other interpreters were found than the server was told of')
      })
      await within(needs, LOOK_MS_MAX, look)
      isTold = true
      return needs.connect(events, abort)
    },
    clock: needs.clock,
    random: needs.random,
    log: needs.log,
    greeting: { identity: needs.identity, journalId: journal.id, bootId, heartbeatMs },
    inbox: inboxOf(parts),
    inventory: () => ({
      runtimes: [...parts.runtimes],
      reported,
      slots,
      manifestRevision: parts.plugins.revision(),
      journalSeq: journal.seq(),
      attempts: parts.work.inventory(),
    }),
    reports: (session, messageBytesMax) => parts.report.messages(session, messageBytesMax),
    firstStopInMs: () => parts.work.firstStopInMs(),
    vitals: () => ({ load: facts.load(), freeSlots: parts.work.freeSlots() }),
  }
}

function inboxOf({ work, report, plugins }: Parts): Inbox {
  return {
    welcomed: () => {
      report.rewind()
      work.newSession()
    },
    reconciled: (session, attempts) => work.reconciled(session, attempts),
    ready: (session) => {
      plugins.sessionReady(session)
      work.wake()
    },
    heard: (session) => {
      work.heard(session)
      session.outbox.wake()
    },
    plugins: (session, message) => plugins.apply(session, message),
    execute: (session, items) => work.execute(session, items),
    cancel: (session, items) => work.cancel(session, items),
    acknowledge: (session, message) => {
      report.acknowledge(message)
      session.outbox.wake()
    },
    drain: (_session, on) => work.drain(on),
  }
}

async function watchDisk({ clock, facts, log }: ClientNeeds, parts: Parts, signal: AbortSignal): Promise<void> {
  for (;;) {
    // A disk that cannot be asked is not called full: the journal notices when it is.
    const free = await facts.freeDiskBytes().catch(() => Infinity)
    const low = free < DISK_FREE_BYTES_MIN
    if (low !== parts.diskLow) log.warn(low ? 'disk-low' : 'disk-has-room', { freeBytes: free })
    parts.diskLow = low
    await clock.after(DISK_LOOK_MS, signal)
  }
}

/** Waits until the server has answered for every result, but not for long. */
async function answersCame({ clock }: ClientNeeds, { report }: Parts): Promise<void> {
  const end = clock.monotonic() + LAST_ANSWERS_MS
  while (report.waiting().length > 0 && clock.monotonic() < end) {
    await clock.after(20, new AbortController().signal)
  }
}

async function within({ clock }: ClientNeeds, ms: Ms, done: Promise<void>): Promise<void> {
  const enough = new AbortController()
  await Promise.race([done, clock.after(ms, enough.signal)]).finally(() => enough.abort(new Error('enough waited')))
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
