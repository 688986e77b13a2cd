/* oxlint-disable no-restricted-properties -- invented times are told from the real clock */
import type { Answer } from '@octopus/api-client/request.ts'

type Client = Answer<'getClient'>
type Plugin = Answer<'getPlugin'>
type Task = Answer<'getTask'>
type Run = Answer<'getRun'>
type Execution = Answer<'getExecution'>
type State = Execution['state']
type Action = Plugin['actions'][number]

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

let lastId = 0
/** Ids in order, in the form that the protocol has. */
export function fakeId(): string {
  lastId += 1
  return `0199a000-0000-7000-8000-${String(lastId).padStart(12, '0')}`
}

export const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()
const ahead = (ms: number): string => ago(-ms)
const checksum = (n: number): string => n.toString(16).padStart(2, '0').repeat(32)

const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank']

function client(n: number, over: Partial<Client> = {}): Client {
  const user = USERS[n % USERS.length] ?? 'alice'
  return {
    id: fakeId(),
    name: `pc-${user}-${String(n).padStart(2, '0')}`,
    user,
    status: 'approved',
    presence: 'online',
    draining: false,
    labels: n % 3 === 0 ? ['office', 'floor-2'] : [],
    version: '0.1.0',
    fingerprint: checksum(n + 11),
    reported: {
      hostName: `PC-${user.toUpperCase()}`,
      os: n % 2 === 0 ? 'Windows 11 Pro 24H2' : 'Ubuntu 24.04.3 LTS',
      arch: 'x64',
      account: n % 2 === 0 ? `ACME\\${user}` : user,
      wishedUser: user,
      labels: [],
    },
    runtimes: [{ language: 'python', version: '3.12.4' }],
    slots: { total: 2, used: n % 3 === 0 ? 1 : 0 },
    slotsLimit: null,
    plugins: { manifestRevision: 12, inSync: n % 7 !== 0, missing: n % 7 === 0 ? 1 : 0 },
    lastSeenAt: ago(n * 400),
    createdAt: ago(30 * DAY - n * HOUR),
    deletedAt: null,
    revision: 3,
    ...over,
  }
}

const clients: Client[] = Array.from({ length: 38 }, (_, n) => client(n + 1))
clients.push(
  client(39, { presence: 'offline', slots: null, lastSeenAt: ago(3 * HOUR) }),
  client(40, { presence: 'offline', slots: null, lastSeenAt: ago(2 * DAY) }),
  client(41, { draining: true }),
  client(42, { status: 'revoked', presence: 'offline', slots: null, lastSeenAt: ago(9 * DAY) }),
  client(43, {
    name: 'new-laptop\u202Egnp.exe',
    status: 'pending',
    user: null,
    slots: null,
    createdAt: ago(4 * MINUTE),
  }),
)

const parameter = (name: string, type: Action['parameters'][number]['type'], fallback?: unknown) => ({
  name,
  kind: 'positional' as const,
  type,
  required: fallback === undefined,
  hasDefault: fallback !== undefined,
  ...(fallback === undefined ? {} : { default: fallback }),
})

const source = `import logging
import shutil

logger = logging.getLogger("octopus")


def run(path: str, warn_at: int = 90, verbose: bool = False):
    """Tells how full a disk is.

    Fails above warn_at percent.
    """
    usage = shutil.disk_usage(path)
    percent = usage.used * 100 / usage.total
    logger.info("%s is %.1f %% full", path, percent)
    if percent > warn_at:
        raise RuntimeError(f"{path} is {percent:.1f} % full")
    return {"path": path, "percent": round(percent, 1)}


def validate(path: str):
    """Whether the path can be read."""
    return shutil.disk_usage(path) is not None
`

const actions: Action[] = [
  {
    name: 'run',
    doc: 'Tells how full a disk is.\n\nFails above warn_at percent.',
    async: false,
    parameters: [
      parameter('path', 'string'),
      parameter('warn_at', 'integer', 90),
      parameter('verbose', 'boolean', false),
    ],
  },
  { name: 'validate', doc: 'Whether the path can be read.', async: false, parameters: [parameter('path', 'string')] },
]

function plugin(name: string, over: Partial<Plugin> = {}): Plugin {
  return {
    name,
    language: 'python',
    version: 4,
    checksum: checksum(name.length),
    sizeBytes: source.length,
    actions,
    doc: 'Tells how full a disk is.',
    coverage: { have: 38, of: 39 },
    problem: null,
    updatedAt: ago(2 * HOUR),
    deletedAt: null,
    updatedBy: 'admin',
    revision: 4,
    source,
    ...over,
  }
}

const rest = { name: 'names', kind: 'rest' as const, type: 'unknown' as const, required: false, hasDefault: false }
const plugins: Plugin[] = [
  plugin('create_incident', { doc: 'Opens an incident in the desk.', coverage: { have: 39, of: 39 }, version: 1 }),
  plugin('disk_report'),
  plugin('my_bau_task', {
    doc: '',
    problem: 'my_bau_task.py, line 12: unexpected indent. Version 2 stays current.',
    actions: [
      { name: 'run', doc: '', async: true, parameters: [rest, { ...rest, name: 'options', kind: 'named-rest' }] },
    ],
  }),
  plugin('probe', { language: 'typescript', doc: 'Does what its parameters say, for tests.' }),
]

const NONE = {
  queued: 0,
  assigned: 0,
  running: 0,
  disconnected: 0,
  succeeded: 0,
  failed: 0,
  'timed-out': 0,
  cancelled: 0,
  expired: 0,
  lost: 0,
  skipped: 0,
}

const tasks: Task[] = []
const runs: Run[] = []
const executions: Execution[] = []

function execution(run: Run, taker: Client, state: State, n: number): Execution {
  const began = state === 'queued' ? null : ago(90_000 - n * 100)
  const final = !['queued', 'assigned', 'running', 'disconnected'].includes(state)
  const failed = state === 'failed'
  const error = failed
    ? {
        type: 'RuntimeError',
        message: '/ is 97.3 % full',
        stack:
          'Traceback (most recent call last):\n  File "disk_report.py", line 15, in run\n    raise RuntimeError(f"{path} is {percent:.1f} % full")\nRuntimeError: / is 97.3 % full',
      }
    : null
  return {
    id: fakeId(),
    run: run.id,
    task: { id: run.task.id, name: run.task.name },
    plugin: { name: run.task.plugin, version: 4, checksum: checksum(11) },
    action: run.task.action,
    try: false,
    slot: { kind: 'client', value: taker.id, label: taker.name },
    client: state === 'queued' ? null : { id: taker.id, name: taker.name },
    state,
    reason: failed ? 'exception' : null,
    attempt: 1,
    cancelRequestedAt: null,
    dueAt: run.dueAt,
    queuedAt: run.createdAt,
    assignedAt: began,
    startedAt: state === 'assigned' ? null : began,
    endedAt: final ? ago(60_000 - n * 700) : null,
    endsAtLatest: final ? null : ahead(HOUR),
    retry: { maxAttempts: 1, backoffSeconds: 0, on: [] },
    onDisconnect: 'continue',
    notBefore: null,
    waitingFor: [],
    attempts: [],
    args: [],
    kwargs: { path: '/', warn_at: 90 },
    fence: 100 + n,
    progress: state === 'running' ? { fraction: 0.4, text: 'Reading /var' } : null,
    outputBytes: 1_200,
    result: final
      ? {
          kind: 'json',
          ...(failed ? {} : { value: { path: '/', percent: 41.2, mounts: ['/', '/home'], ok: true } }),
          error,
          cut: { output: false, value: false },
        }
      : null,
    lateResults:
      n === 3
        ? [
            {
              attempt: 1,
              fence: 40,
              end: 'succeeded',
              reason: 'finished',
              client: taker.id,
              receivedAt: ago(20_000),
              result: { kind: 'json', value: 7, error: null, cut: { output: false, value: false } },
            },
          ]
        : [],
  }
}

interface Plan {
  readonly task: Partial<Task>
  readonly agoMs: number
  readonly states: readonly (readonly [State, number])[]
}

/** A task with one run whose executions are in these states. */
export function addRun({ task: over, agoMs, states }: Plan): Task {
  const total = states.reduce((sum, [, count]) => sum + count, 0)
  const counts = { ...NONE, ...Object.fromEntries(states), total }
  const active = counts.queued + counts.assigned + counts.running + counts.disconnected > 0
  const bad = counts.failed + counts['timed-out'] > 0
  const outcome = active ? null : bad ? (counts.succeeded > 0 ? 'partly-failed' : 'failed') : 'succeeded'
  const id = fakeId()
  const task: Task = {
    id,
    name: 'Disk report',
    plugin: 'disk_report',
    action: 'run',
    args: [],
    kwargs: { path: '/', warn_at: 90 },
    owner: 'all',
    user: null,
    type: 'ad-hoc',
    startAt: null,
    endAt: null,
    intervalSeconds: null,
    cron: null,
    timeZone: null,
    scheduleText: 'Every hour',
    timeoutSeconds: 3_600,
    deadlineSeconds: null,
    onDisconnect: 'continue',
    retry: { maxAttempts: 1, backoffSeconds: 10, on: ['failed'] },
    catchUp: 'last',
    overlap: 'skip',
    priority: 0,
    status: active ? 'active' : 'completed',
    outcome,
    paused: false,
    pausedAt: null,
    missed: { count: 0, last: null },
    nextRunAt: null,
    waitingFor: [],
    counts,
    lastRun: null,
    revision: 1,
    createdAt: ago(agoMs),
    deletedAt: null,
    createdBy: 'admin',
    ...over,
  }
  const run: Run = {
    id: fakeId(),
    task: { id, name: task.name, plugin: task.plugin, action: task.action },
    occurrence: ago(agoMs),
    dueAt: ago(agoMs),
    cause: {
      kind: task.type === 'scheduled' ? 'schedule' : 'manual',
      by: task.type === 'scheduled' ? null : 'admin',
      of: null,
    },
    status: active ? 'active' : 'completed',
    outcome,
    note: total === 0 ? 'Nobody was connected.' : null,
    try: false,
    audienceSize: total,
    counts,
    cancelRequestedAt: null,
    createdAt: ago(agoMs),
    endedAt: active ? null : ago(agoMs - 12_000),
  }
  task.lastRun = run.id
  let n = 0
  for (const [state, count] of states) {
    for (let left = Math.min(count, 60); left > 0; left -= 1) {
      const taker = clients[n % 38]
      if (taker) executions.unshift(execution(run, taker, state, n))
      n += 1
    }
  }
  tasks.unshift(task)
  runs.unshift(run)
  return task
}

const hourly = { type: 'scheduled', intervalSeconds: 3_600, nextRunAt: ahead(22 * MINUTE), status: 'active' } as const
addRun({ task: { name: 'Nightly clean-up', ...hourly }, agoMs: 9 * HOUR, states: [['succeeded', 39]] })
addRun({
  task: { name: 'Licence check', owner: 'anyone', plugin: 'my_bau_task' },
  agoMs: 5 * HOUR,
  states: [['failed', 1]],
})
addRun({
  task: { name: 'Disk report, hourly', ...hourly },
  agoMs: 38 * MINUTE,
  states: [
    ['succeeded', 37],
    ['failed', 1],
    ['timed-out', 1],
  ],
})
addRun({
  task: {
    name: 'Refresh certificates for Frank',
    owner: 'user',
    user: 'frank',
    status: 'created',
    waitingFor: [
      { code: 'user-offline', text: 'Waits for the PC of frank, which is offline.', since: ago(12 * MINUTE) },
    ],
  },
  agoMs: 12 * MINUTE,
  states: [['queued', 1]],
})
addRun({
  task: { name: 'Inventory of every PC', plugin: 'probe' },
  agoMs: 3 * MINUTE,
  states: [
    ['succeeded', 1_842],
    ['running', 20],
    ['queued', 21],
    ['failed', 17],
  ],
})
addRun({
  task: { name: 'Disk report' },
  agoMs: 90_000,
  states: [
    ['succeeded', 26],
    ['running', 8],
    ['assigned', 1],
    ['queued', 2],
    ['disconnected', 1],
    ['failed', 1],
  ],
})

export const data = { clients, plugins, tasks, runs, executions, users: USERS }
