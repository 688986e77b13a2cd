import { appendFileSync } from 'node:fs'

import { createClient } from '@octopus/client/client.ts'
import type { Connect } from '@octopus/client/connection/talk.ts'
import { fetchPluginBy, postJson } from '@octopus/client/host/http.ts'
import { connectBySocket } from '@octopus/client/host/socket-link.ts'
import { enroll } from '@octopus/client/identity/enroll.ts'
import { makeKeyPair } from '@octopus/client/identity/key-pair.ts'
import type {
  AttemptEnd,
  RunnerEvents,
  RunnerPool,
  RunnerWork,
  RunningAttempt,
  StopReason,
} from '@octopus/client/runner/runner.ts'
import { createSystemClock } from '@octopus/kit/clock.ts'
import type { Link } from '@octopus/kit/link.ts'
import { silentLog } from '@octopus/kit/log.ts'
import { createSystemRandom } from '@octopus/kit/random.ts'
import { createMemoryDisk } from '@octopus/kit/testing/memory-files.ts'
import type { End } from '@octopus/protocol/work.ts'

/** What the clients of a crowd count together. */
export interface CrowdCounts {
  /** Clients whose session is ready for work now. */
  ready: number
  /** Executions under way now. */
  running: number
  started: number
  ended: number
  /** Executions that a client stopped, by whoever's wish. */
  stopped: number
}

export interface CrowdSettings {
  readonly url: string
  readonly token: string
  readonly heartbeatMs: number
  readonly slots: number
  /** Where starts and ends are written, as the `probe` plugin does. */
  readonly truthPath: string
}

/** What all clients of one process share. */
export interface CrowdNeeds extends CrowdSettings {
  readonly counts: CrowdCounts
  /** A counter moved. */
  readonly moved: () => void
}

const clock = createSystemClock()
const random = createSystemRandom()
/** A process tree is gone so long after it is asked to end. */
const STOP_MS_MAX = 500
const ENDS: Readonly<Record<StopReason, End>> = {
  cancelled: 'cancelled',
  'timed-out': 'timed-out',
  'stopped-on-disconnect': 'lost',
  'client-stopping': 'lost',
}

/**
 * The client program itself over a real socket: connection, heartbeats, journal, lease, self-fence are the product's.
 * Its disk is in memory, and its plugins run until they are released, so that a thousand fit into one process.
 */
export class CrowdClient {
  readonly #needs: CrowdNeeds
  readonly #life = new AbortController()
  readonly #dials: Connect
  readonly #links = new Set<CutLink>()
  readonly #underWay = new Set<() => void>()
  #isCut = false
  #done: Promise<unknown> = Promise.resolve()

  constructor(needs: CrowdNeeds) {
    this.#needs = needs
    this.#dials = connectBySocket(needs.url)
  }

  /** Enrols, as a client does at its first start, and goes to work. */
  async start(name: string): Promise<void> {
    const { url, token, slots, heartbeatMs } = this.#needs
    const disk = createMemoryDisk()
    const files = disk.mount()
    const keys = makeKeyPair()
    const pc = { hostName: name, os: 'crowd', arch: 'crowd', account: 'crowd' }
    const reported = { ...pc, wishedUser: null, labels: [] }
    const enrolment = { files, folder: '/state', clock, random, log: silentLog, post: postJson(clock), keys }
    const { signal } = this.#life
    const known = await enroll({ ...enrolment, name, reported, token, serverUrl: url }, signal)
    const client = createClient({
      files,
      clock,
      random,
      log: silentLog,
      connect: this.#connect,
      fetchPlugin: fetchPluginBy(url, clock),
      runnerPool: this.#runnerPool(),
      killLeftOvers: () => Promise.resolve(),
      identity: { clientId: known.clientId, serverId: known.serverId, sign: keys.sign },
      settings: {
        stateFolder: '/state',
        pluginsFolder: '/state/plugins',
        slots,
        heartbeatMs,
        wishedUser: null,
        labels: [],
      },
      facts: { ...pc, bootId: 'boot', load: () => 0, freeDiskBytes: () => Promise.resolve(Infinity) },
    })
    this.#done = client.run(signal)
  }

  /** Nothing passes in either direction any more, and nobody is told: a switch has died. */
  cut(): void {
    this.#isCut = true
    for (const link of this.#links) link.isCut = true
  }

  /** The network is back. Connections of before are dead by now. */
  mend(): void {
    for (const link of this.#links) link.bury()
    this.#links.clear()
    this.#isCut = false
  }

  /** What runs ends well. */
  release(): void {
    for (const finish of this.#underWay) finish()
  }

  async stop(): Promise<void> {
    this.#life.abort(new Error('the test is over'))
    await this.#done
  }

  readonly #connect: Connect = async (events, signal) => {
    if (this.#isCut) throw new Error('no route to the server')
    const { counts, moved } = this.#needs
    const state = { ready: false }
    const notReady = (): void => {
      if (!state.ready) return
      state.ready = false
      counts.ready -= 1
      moved()
    }
    const cut: CutLink = { isCut: false, bury: () => {} }
    const link = await this.#dials(
      {
        message: (text) => {
          if (cut.isCut) return
          events.message(text)
          if (!text.startsWith('{"type":"reconciled"') || state.ready) return
          state.ready = true
          counts.ready += 1
          moved()
        },
        closed: (reason) => {
          this.#links.delete(cut)
          notReady()
          events.closed(reason)
        },
      },
      signal,
    )
    cut.isCut = this.#isCut
    cut.bury = () => link.close('the network was gone')
    this.#links.add(cut)
    const through: Link = {
      send: (text) => {
        if (!cut.isCut) link.send(text)
      },
      close: (reason) => {
        notReady()
        // What a client says while it is cut off does not arrive, not even that it closes.
        if (!cut.isCut) link.close(reason)
      },
      bufferedBytes: () => link.bufferedBytes(),
    }
    return through
  }

  #runnerPool(): RunnerPool {
    return {
      start: (work, events) => this.#run(work, events),
      runtimes: () => Promise.resolve([{ language: 'python', version: '3' }]),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }

  #run({ key }: RunnerWork, events: RunnerEvents): RunningAttempt {
    const { counts, moved } = this.#needs
    const { promise: ended, resolve } = Promise.withResolvers<AttemptEnd>()
    const startedAt = clock.wall()
    this.#write('start', key)
    counts.started += 1
    counts.running += 1
    let reason: StopReason | undefined
    const finish = (): void => {
      if (!this.#underWay.delete(finish)) return
      this.#write('end', key)
      counts.ended += 1
      counts.running -= 1
      moved()
      resolve({
        end: reason === undefined ? 'succeeded' : ENDS[reason],
        reason: reason ?? 'finished',
        valueJson: null,
        valueKind: 'json',
        error: null,
        startedAt,
        endedAt: clock.wall(),
        outputBytes: 0,
        cut: { output: false, value: false },
      })
    }
    this.#underWay.add(finish)
    queueMicrotask(() => events.started(startedAt))
    moved()
    return {
      ended,
      stop: (why) => {
        if (reason !== undefined) return
        reason = why
        counts.stopped += 1
        moved()
        setTimeout(finish, random.fraction() * STOP_MS_MAX)
      },
      // All of its processes are warm.
      giveUp: () => {},
      renewHold: () => {},
    }
  }

  #write(event: 'start' | 'end', { execution, attempt, fence }: RunnerWork['key']): void {
    const line = { event, execution, attempt, fence, pid: process.pid, at: clock.wall() }
    appendFileSync(this.#needs.truthPath, `${JSON.stringify(line)}\n`)
  }
}

interface CutLink {
  isCut: boolean
  bury(): void
}
