import type { Bus } from '@octopus/kit/bus.ts'
import type { Ms } from '@octopus/kit/clock.ts'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

import { OFFENCES } from '#conduct/offence.ts'
import { CONNECTION_REFUSALS } from '#delivery/door.ts'
import type { Facts } from '#live/facts.ts'
import type { SystemStore } from '#live/stats-store.ts'

/** What is looked at when somebody asks; everything else is counted as it happens. */
export interface MeasuresNeeds {
  readonly store: Pick<SystemStore, 'readMeasures'>
  readonly bus: Pick<Bus<Facts>, 'on'>
  readonly sessions: () => number
  /** Calls that wait for each thread of the store. */
  readonly waiting: () => Readonly<Record<string, number>>
  readonly disk: () => Promise<{ readonly freeBytes: number; readonly totalBytes: number }>
  /** Bytes of each file of the store. */
  readonly fileBytes: () => Promise<Readonly<Record<string, number>>>
  /** Also what Node knows of itself: memory, processor, delay of the event loop. Once per process. */
  readonly process: boolean
}

export interface Measures extends Disposable {
  readonly contentType: string
  /** A thread of the store committed a batch of calls. */
  batch(thread: string, calls: number, tookMs: Ms): void
  /** A request was answered; `route` is a pattern of the table, never a path somebody typed. */
  answered(method: string, route: string, status: number, tookMs: Ms): void
  /** Everything, in the text format of Prometheus. */
  text(): Promise<string>
}

/** Seconds, from what the store needs for one commit to what a PC that was off needs to come back. */
const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2]
const REQUEST_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30]
const WAIT_SECONDS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 300, 3_600, 86_400]
const BATCH_CALLS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000]

/** What `/metrics` tells. Every label has few values that this server chose: no name, id or path of anybody's. */
export function createMeasures(needs: MeasuresNeeds): Measures {
  const registry = new Registry()
  const registers = [registry]
  if (needs.process) collectDefaultMetrics({ register: registry })
  gauges(needs, registry)
  const batchCalls = new Histogram({
    name: 'octopus_store_batch_calls',
    help: 'Calls that one transaction of the store answered.',
    labelNames: ['thread'],
    buckets: BATCH_CALLS,
    registers,
  })
  const batchSeconds = new Histogram({
    name: 'octopus_store_commit_seconds',
    help: 'Time of one transaction of the store, from begin to commit.',
    labelNames: ['thread'],
    buckets: COMMIT_SECONDS,
    registers,
  })
  const waited = new Histogram({
    name: 'octopus_hand_over_wait_seconds',
    help: 'Time an execution waited until it was handed to a client, counted from when it could have been.',
    buckets: WAIT_SECONDS,
    registers,
  })
  const requests = new Histogram({
    name: 'octopus_http_request_seconds',
    help: 'Time until an HTTP request was answered, by route and class of status.',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_SECONDS,
    registers,
  })
  const touched = new Counter({
    name: 'octopus_executions_changed_total',
    help: 'Changes of executions that were committed since the start.',
    registers,
  })
  const offences = new Counter({
    name: 'octopus_client_offences_total',
    help: 'What clients did that an honest one does not, by kind.',
    labelNames: ['offence'],
    registers,
  })
  const throttled = new Counter({
    name: 'octopus_client_throttled_seconds_total',
    help: 'Time for which nothing was read of clients that send more than they may.',
    registers,
  })
  const refused = new Counter({
    name: 'octopus_connections_refused_total',
    help: 'Connections of clients that were refused before anything was done for them, by reason.',
    labelNames: ['why'],
    registers,
  })
  for (const offence of OFFENCES) offences.inc({ offence }, 0)
  for (const why of CONNECTION_REFUSALS) refused.inc({ why }, 0)
  const stops = [
    needs.bus.on('client-misbehaved', ({ offence, count }) => offences.inc({ offence }, count)),
    needs.bus.on('client-throttled', ({ ms }) => throttled.inc(ms / 1_000)),
    needs.bus.on('connection-refused', ({ why }) => refused.inc({ why })),
    needs.bus.on('handed-over', ({ waitedMs }) => waitedMs.forEach((ms) => waited.observe(ms / 1_000))),
    needs.bus.on('touched', ({ executions }) => touched.inc(executions.length)),
  ]
  return {
    contentType: registry.contentType,
    batch: (thread, calls, tookMs) => {
      batchCalls.observe({ thread }, calls)
      batchSeconds.observe({ thread }, tookMs / 1_000)
    },
    answered: (method, route, status, tookMs) =>
      requests.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, tookMs / 1_000),
    text: () => registry.metrics(),
    [Symbol.dispose]: () => {
      for (const stop of stops) stop()
      registry.clear()
    },
  }
}

/** Read at each look. One reading of the store serves three gauges. */
function gauges(needs: MeasuresNeeds, registry: Registry): void {
  const registers = [registry]
  const read = (
    name: string,
    help: string,
    label: string,
    values: () => Promise<Readonly<Record<string, number>>> | Readonly<Record<string, number>>,
  ): void => {
    const gauge = new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      collect: async () => {
        gauge.reset()
        for (const [word, value] of Object.entries(await values())) gauge.set({ [label]: word }, value)
      },
    })
  }
  const stored = sharedFor(() => needs.store.readMeasures({}))
  read('octopus_executions', 'Executions by state, as far as they are kept.', 'state', async () => {
    return (await stored()).executions
  })
  read('octopus_tasks', 'Tasks by status.', 'status', async () => (await stored()).tasks)
  read('octopus_clients', 'Clients that are known, by status.', 'status', async () => (await stored()).clients)
  read('octopus_store_waiting_calls', 'Calls that wait for a thread of the store.', 'thread', needs.waiting)
  read('octopus_disk_bytes', 'Room on the disk of the data folder.', 'kind', async () => {
    const { freeBytes, totalBytes } = await needs.disk()
    return { free: freeBytes, total: totalBytes }
  })
  read('octopus_store_file_bytes', 'Size of the files of the store.', 'file', needs.fileBytes)
  const sessions: Gauge = new Gauge({
    name: 'octopus_sessions',
    help: 'Clients that are connected now.',
    registers,
    collect: () => sessions.set(needs.sessions()),
  })
}

/** Whoever asks while an answer is under way gets the same one. */
function sharedFor<T>(read: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | undefined
  return () =>
    (underWay ??= read().finally(() => {
      underWay = undefined
    }))
}
