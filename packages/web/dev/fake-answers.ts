import type { Answer, OperationName } from '@octopus/api-client/request.ts'

import { addRun, ago, data, fakeId } from './fake-data.ts'

/** One request, taken apart. */
export interface Asked {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Record<string, never>
}

/** What an operation answers; a string is thrown as the code of a refusal. */
type Answers = { [N in OperationName]?: (asked: Asked) => Answer<N> }

const LINES = [
  'Looking at /\n',
  '\u001b[32mok\u001b[0m   /home 12 % full\n',
  '\u001b[1;33mwarn\u001b[0m /var 81 % full\n',
  'control \u0007 and bidi \u202Etxt.exe are visible\n',
]

let me: Answer<'me'> | undefined = { name: 'admin', role: 'admin', by: 'session', csrfToken: 'fake' }

function page<T>(items: readonly T[], asked: Asked) {
  const from = Number(asked.query.get('cursor') ?? 0)
  const limit = Number(asked.query.get('limit') ?? 20)
  const next = from + limit < items.length ? String(from + limit) : null
  return { items: items.slice(from, from + limit), nextCursor: next, total: { value: items.length, exact: true } }
}

function find<T>(items: readonly T[], fits: (item: T) => boolean): T {
  const found = items.find(fits)
  if (!found) throw new Error('NOT_FOUND')
  return found
}

const fits = (asked: Asked, name: string, value: unknown): boolean =>
  asked.query.get(name) === null || asked.query.get(name) === String(value)

const client = ({ params }: Asked) => find(data.clients, ({ id }) => id === params['id'])
const plugin = ({ params }: Asked) => find(data.plugins, ({ name }) => name === params['name'])
const task = ({ params }: Asked) => find(data.tasks, ({ id }) => id === params['id'])
const run = ({ params }: Asked) => find(data.runs, ({ id }) => id === params['id'])
const execution = ({ params }: Asked) => find(data.executions, ({ id }) => id === params['id'])

function signIn(asked: Asked) {
  if ((asked.body as { password?: string }).password === 'wrong') throw new Error('WRONG_PASSWORD')
  me = { name: 'admin', role: 'admin', by: 'session', csrfToken: 'fake' }
  return me
}

export const ANSWERS: Answers = {
  login: signIn,
  loginLink: signIn,
  setup: signIn,
  logout: () => (me = undefined),
  me: () => {
    if (!me) throw new Error('NOT_SIGNED_IN')
    return me
  },
  getStats: () => ({
    clients: { known: 42, online: 39, pending: 1 },
    executions: { queued: 24, assigned: 1, running: 28, disconnected: 1 },
    last24h: { succeeded: 2_204, failed: 20, runs: 31 },
    tasks: { created: 1, active: 4, completed: 1 },
    plugins: { total: data.plugins.length, inSync: 1 },
    needsYou: [],
    workStopped: false,
    version: '0.1.0',
  }),
  listClients: (asked) =>
    page(
      data.clients.filter((one) => fits(asked, 'status', one.status) && fits(asked, 'presence', one.presence)),
      asked,
    ),
  getClient: client,
  approveClient: (asked) => Object.assign(client(asked), { status: 'approved', presence: 'online' }),
  revokeClient: (asked) => Object.assign(client(asked), { status: 'revoked', presence: 'offline' }),
  drainClient: (asked) => Object.assign(client(asked), { draining: true }),
  resumeClient: (asked) => Object.assign(client(asked), { draining: false }),
  createEnrollmentToken: (asked) => ({
    id: fakeId(),
    user: null,
    approves: true,
    usesLeft: 1,
    expiresAt: ago(-86_400_000),
    createdAt: ago(0),
    createdBy: 'admin',
    ...asked.body,
    token: 'octo1.WyJodHRwOi8vMTI3LjAuMC4xOjgwMDAiLCJzZWNyZXQiXQ',
    command: 'OCTOPUS_TOKEN=octo1.WyJodHRwOi8vMTI3LjAuMC4xOjgwMDAiLCJzZWNyZXQiXQ npm run octopus -- client',
    install: {
      sh: 'curl -fsSL http://127.0.0.1:8000/install.sh | OCTOPUS_TOKEN=octo1.WyJodHRwOi8vMTI3LjAuMC4xOjgwMDAiLCJzZWNyZXQiXQ sh',
      powershell:
        "$env:OCTOPUS_TOKEN='octo1.WyJodHRwOi8vMTI3LjAuMC4xOjgwMDAiLCJzZWNyZXQiXQ'; irm http://127.0.0.1:8000/install.ps1 | iex",
      targets: ['linux-x64', 'win-x64'],
    },
  }),
  listPlugins: (asked) => ({ ...page(data.plugins, asked), inboxProblems: [] }),
  getPlugin: plugin,
  putPlugin: (asked) => {
    const known = data.plugins.find(({ name }) => name === asked.params['name'])
    if (known) return Object.assign(known, asked.body, { version: known.version + 1, updatedAt: ago(0) })
    const [first] = data.plugins
    if (!first) throw new Error('NOT_FOUND')
    const made = { ...first, ...asked.body, name: asked.params['name'] ?? '', version: 1 }
    data.plugins.push(made)
    return made
  },
  checkPlugin: ({ body }) => {
    const lines = (body as unknown as { source: string }).source.split('\n')
    const line = lines.findIndex((text) => text.includes('syntax error')) + 1
    const problems = line > 0 ? [{ line, column: 1, message: 'invalid syntax' }] : []
    return { actions: data.plugins[1]?.actions ?? [], doc: '', problems }
  },
  listPluginVersions: (asked) => {
    const { version, checksum, language, sizeBytes } = plugin(asked)
    const versions = Array.from({ length: version }, (_, n) => version - n)
    return page(
      versions.map((n) => ({
        version: n,
        checksum,
        language,
        sizeBytes,
        createdAt: ago((version - n) * 7e6),
        createdBy: 'admin',
        state: n === version ? ('current' as const) : ('superseded' as const),
        basedOn: n === 1 ? null : n - 1,
      })),
      asked,
    )
  },
  getPluginSync: (asked) => ({
    checksum: plugin(asked).checksum,
    ...plugin(asked).coverage,
    offline: 3,
    versions: [],
    missing: data.clients.slice(6, 7).map(({ id, name }) => ({ client: id, name, reason: 'downloading' })),
  }),
  listTasks: (asked) =>
    page(
      data.tasks.filter(
        (one) => fits(asked, 'status', one.status) && fits(asked, 'owner', one.owner) && fits(asked, 'type', one.type),
      ),
      asked,
    ),
  getTask: task,
  createTask: ({ body }) => addRun({ task: body, agoMs: 0, states: [['running', 3]] }),
  listTaskRuns: (asked) =>
    page(
      data.runs.filter((one) => one.task.id === asked.params['id']),
      asked,
    ),
  runTask: (asked) => find(data.runs, (one) => one.task.id === asked.params['id']),
  getReach: () => ({
    all: 39,
    anyone: 38,
    users: data.users.map((user) => ({ user, clients: [], online: user !== 'frank' })),
  }),
  listRuns: (asked) =>
    page(
      data.runs.filter((one) => fits(asked, 'status', one.status) && fits(asked, 'outcome', one.outcome)),
      asked,
    ),
  getRun: run,
  cancelRun: (asked) => Object.assign(run(asked), { cancelRequestedAt: ago(0) }),
  listExecutions: (asked) =>
    page(
      data.executions.filter(
        (one) =>
          fits(asked, 'run', one.run) && fits(asked, 'state', one.state) && fits(asked, 'client', one.client?.id),
      ),
      asked,
    ),
  getExecution: execution,
  cancelExecution: (asked) => Object.assign(execution(asked), { cancelRequestedAt: ago(0) }),
  getOutput: (asked) => {
    const from = Number(asked.query.get('from') ?? 0)
    const final = execution(asked).endedAt !== null
    if (from > 60_000 || (final && from > 0)) return { attempt: 1, items: [], next: from, complete: true }
    const text = from === 0 ? LINES.join('') : `line at byte ${from}\n`
    const items = [{ offset: from, stream: 'stdout' as const, at: ago(0), text }]
    if (from === 0)
      items.push({ ...items[0], offset: 500, stream: 'stderr', at: ago(0), text: 'a warning on stderr\n' } as never)
    return { attempt: 1, items, next: from + 1_000, complete: false }
  },
  listUsers: (asked) =>
    page(
      ['admin', ...data.users].map((name, n) => ({
        name,
        displayName: n === 0 ? '' : `${name[0]?.toUpperCase()}${name.slice(1)} Example`,
        role: n === 0 ? ('admin' as const) : n === 1 ? ('operator' as const) : null,
        canSignIn: n < 2,
        disabled: n === 6,
        clients: n,
        createdAt: ago(n * 9e7),
        deletedAt: null,
        revision: 1,
      })),
      asked,
    ),
  listApiTokens: (asked) => page([], asked),
  listEnrollmentTokens: (asked) => page([], asked),
}
