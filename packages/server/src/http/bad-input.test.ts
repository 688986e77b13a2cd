import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { ARGUMENT_BYTES_MAX, ARGUMENT_DEPTH_MAX, BODY_BYTES_MAX, PLUGIN_BYTES_MAX } from '@octopus/protocol/limits.ts'
import { type Route, type RouteName, ROUTES } from '@octopus/protocol/rest/routes.ts'

import { ApiWorld, type Call, type Reply } from '#testing/api-world.ts'

const task = (changes: object): Call => ({
  method: 'POST',
  path: '/api/v1/tasks',
  body: { plugin: 'greet', owner: 'all', type: 'ad-hoc', ...changes },
})
const taskText = (text: string): Call => ({ method: 'POST', path: '/api/v1/tasks', text })
const scheduled = (changes: object): Call => task({ type: 'scheduled', intervalSeconds: 60, ...changes })
const plugin = (name: string, source: string, language = 'python'): Call => ({
  method: 'PUT',
  path: `/api/v1/plugins/${encodeURIComponent(name)}`,
  body: { language, source },
})
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

const cases: readonly [what: string, call: Call, status: number, code: string, contains: RegExp][] = [
  ['a plugin that is not there', task({ plugin: 'nope' }), 404, 'PLUGIN_NOT_FOUND', /"nope"/],
  ['an action that is not there', task({ action: 'nope' }), 404, 'ACTION_NOT_FOUND', /It has: run, hello\./],
  ['an action that is private', task({ action: '__init__' }), 404, 'ACTION_NOT_FOUND', /__init__/],
  ['a user that is not there', task({ owner: 'user', user: 'nope' }), 404, 'USER_NOT_FOUND', /"nope"/],
  ['owner user without a user', task({ owner: 'user' }), 400, 'INVALID_REQUEST', /"user"/],
  ['a user without owner user', task({ user: 'root' }), 400, 'INVALID_REQUEST', /"user"/],
  ['an unknown key', task({ plugn: 'greet' }), 400, 'INVALID_REQUEST', /"plugn".*not a known key/],
  ['a key that only the server sets', task({ status: 'completed' }), 400, 'INVALID_REQUEST', /"status"/],
  ['a key that is missing', { ...task({}), body: { plugin: 'greet' } }, 400, 'INVALID_REQUEST', /"owner".*is missing/],
  ['an owner that is none', task({ owner: 'some' }), 400, 'INVALID_REQUEST', /must be one of all, anyone, user/],
  ['a number as text', task({ priority: '1' }), 400, 'INVALID_REQUEST', /"priority"/],
  ['a plugin name that is a path', task({ plugin: '../../x' }), 400, 'INVALID_REQUEST', /"plugin"/],
  [
    'arguments that do not fit',
    task({ action: 'hello', args: [1, 2, 3] }),
    400,
    'INVALID_ARGUMENTS',
    /hello\(\) takes from 1 to 2 positional arguments but 3 were given/,
  ],
  ['an argument that is missing', task({ action: 'hello' }), 400, 'INVALID_ARGUMENTS', /missing 1 required/],
  ['an argument of another name', task({ action: 'hello', kwargs: { nam: 1 } }), 400, 'INVALID_ARGUMENTS', /'nam'/],
  ['interval 0', scheduled({ intervalSeconds: 0 }), 400, 'INVALID_REQUEST', /"intervalSeconds"/],
  ['no interval', task({ type: 'scheduled' }), 400, 'INVALID_SCHEDULE', /intervalSeconds/],
  [
    'an end before the start',
    scheduled({ startAt: '2026-06-02T00:00:00Z', endAt: '2026-06-01T00:00:00Z' }),
    400,
    'INVALID_SCHEDULE',
    /endAt \(2026-06-01T00:00:00.000Z\) must be later than startAt/,
  ],
  [
    'a schedule that is over',
    scheduled({ startAt: '2025-01-01T00:00:00Z', endAt: '2025-02-01T00:00:00Z' }),
    400,
    'INVALID_SCHEDULE',
    /no occurrence in the future/,
  ],
  ['an ad-hoc task with an end', task({ endAt: '2027-01-01T00:00:00Z' }), 400, 'INVALID_SCHEDULE', /endAt/],
  ['an ad-hoc task with an interval', task({ intervalSeconds: 5 }), 400, 'INVALID_SCHEDULE', /intervalSeconds/],
  ['a time without an offset', task({ startAt: '2027-01-01T00:00:00' }), 400, 'INVALID_REQUEST', /"startAt"/],
  ['a time before 1970', task({ startAt: '0001-01-01T00:00:00Z' }), 400, 'INVALID_SCHEDULE', /after 1970/],
  [
    'a cron pattern that is none',
    scheduled({ intervalSeconds: undefined, cron: 'soon' }),
    400,
    'INVALID_SCHEDULE',
    /five/,
  ],
  ['a time zone of an interval', scheduled({ timeZone: 'UTC' }), 400, 'INVALID_SCHEDULE', /timeZone/],
  [
    'the time zone of each client',
    scheduled({ intervalSeconds: undefined, cron: '0 3 * * *', timeZone: 'client' }),
    400,
    'RESERVED_KEY',
    /comes later/,
  ],
  ['catching up some', scheduled({ catchUp: 'some' }), 400, 'INVALID_REQUEST', /"fields"/],
  ['an overlap that is none', scheduled({ overlap: 'maybe' }), 400, 'INVALID_REQUEST', /"fields"/],
  ['another disconnect rule', task({ onDisconnect: 'wait' }), 400, 'INVALID_REQUEST', /onDisconnect/],
  [
    'retries after nothing',
    task({ retry: { maxAttempts: 2, backoffSeconds: 0, on: [] } }),
    400,
    'INVALID_REQUEST',
    /retry\.on/,
  ],
  ['where', task({ where: { labels: [] } }), 400, 'RESERVED_KEY', /"where"/],
  ['reach', task({ reach: 'online' }), 400, 'RESERVED_KEY', /"reach"/],
  ['after', task({ after: [] }), 400, 'RESERVED_KEY', /"after"/],
  ['items', task({ items: [] }), 400, 'RESERVED_KEY', /"items"/],
  ['a key for secrets', task({ kwargs: { a: [{ $secret: 'x' }] } }), 400, 'RESERVED_KEY', /\$secret/],
  ['a key for what a user has', task({ args: [1, { $user: 'x' }] }), 400, 'RESERVED_KEY', /\$user/],
  [
    'arguments that are too large',
    task({ args: ['x'.repeat(ARGUMENT_BYTES_MAX)] }),
    413,
    'ARGUMENTS_TOO_LARGE',
    /at most 262144/,
  ],
  [
    'arguments that are nested too deeply',
    taskText(`{"plugin":"greet","owner":"all","type":"ad-hoc","args":${nested(ARGUMENT_DEPTH_MAX + 1)}}`),
    400,
    'INVALID_ARGUMENTS',
    /deeper than 32/,
  ],
  [
    'a body that is nested without end',
    taskText(`{"args":${nested(10_000)}}`),
    400,
    'INVALID_REQUEST',
    /nested deeper/,
  ],
  ['a key that stands twice', taskText('{"plugin":"a","plugin":"b"}'), 400, 'INVALID_REQUEST', /stands twice/],
  ['a poisonous key', taskText('{"__proto__":{"x":1}}'), 400, 'INVALID_REQUEST', /not allowed as a key/],
  ['no JSON', taskText('{"plugin":'), 400, 'NOT_JSON', /is not JSON/],
  ['no object', taskText('[]'), 400, 'INVALID_REQUEST', /must be object/],
  ['null', taskText('null'), 400, 'INVALID_REQUEST', /./],
  ['nothing at all', taskText(''), 400, 'INVALID_REQUEST', /"plugin".*is missing/],
  ['a body that is too large', taskText(`"${'x'.repeat(BODY_BYTES_MAX)}"`), 413, 'BODY_TOO_LARGE', /2097152 bytes/],
  [
    'another content type',
    { ...taskText('{}'), headers: { 'content-type': 'text/plain' } },
    415,
    'WRONG_CONTENT_TYPE',
    /text\/plain/,
  ],
  [
    'a form',
    { ...taskText('a=b'), headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    415,
    'WRONG_CONTENT_TYPE',
    /urlencoded/,
  ],
  [
    'a body where none belongs',
    { method: 'POST', path: '/api/v1/stop-all-work', body: { really: true } },
    400,
    'INVALID_REQUEST',
    /"really"/,
  ],
  ['a plugin name that is a path', plugin('../../x', 'def run(): pass'), 400, 'INVALID_PLUGIN_NAME', /\.\.\/\.\.\/x/],
  ['a plugin name that Windows reserves', plugin('con', 'def run(): pass'), 400, 'INVALID_PLUGIN_NAME', /"con"/],
  ['a plugin name in other letters', plugin('GREET', 'def run(): pass'), 409, 'NAME_TAKEN', /"greet"/],
  ['a syntax error', plugin('bad', 'def run(:\n'), 400, 'INVALID_PLUGIN', /line 1, column 9: This is not Python/],
  ['a plugin without actions', plugin('bad', 'x = 1\n'), 400, 'INVALID_PLUGIN', /no action/],
  ['a plugin that is too large', plugin('big', '#'.repeat(PLUGIN_BYTES_MAX + 1)), 413, 'PLUGIN_TOO_LARGE', /1048577/],
  ['a language that is none', plugin('x', 'x', 'cobol'), 400, 'INVALID_REQUEST', /"language"/],
  ['an unknown route', { path: '/api/v2/tasks' }, 404, 'ROUTE_NOT_FOUND', /GET \/api\/v2\/tasks/],
  ['a slash too many', { path: '/api/v1/stats/' }, 404, 'ROUTE_NOT_FOUND', /./],
  ['the wrong method', { method: 'PUT', path: '/api/v1/tasks' }, 405, 'METHOD_NOT_ALLOWED', /only with GET, POST/],
  ['an id that is none', { path: '/api/v1/tasks/1' }, 400, 'INVALID_REQUEST', /"id"/],
  ['a broken address', { path: '/api/v1/tasks/%zz' }, 400, 'INVALID_REQUEST', /%/],
  ['an unknown query key', { path: '/api/v1/tasks?stats=1' }, 400, 'INVALID_REQUEST', /"stats"/],
  ['a query key twice', { path: '/api/v1/tasks?limit=1&limit=2' }, 400, 'INVALID_REQUEST', /"limit"/],
  ['a page of nothing', { path: '/api/v1/tasks?limit=0' }, 400, 'INVALID_REQUEST', /"limit"/],
  ['a page that is too large', { path: '/api/v1/tasks?limit=201' }, 400, 'INVALID_REQUEST', /"limit"/],
  ['a limit that is no number', { path: '/api/v1/tasks?limit=1e1' }, 400, 'INVALID_REQUEST', /"limit"/],
  ['a cursor of nobody', { path: '/api/v1/tasks?cursor=abc' }, 400, 'INVALID_CURSOR', /./],
  ['a topic that is none', { path: '/api/v1/events?topics=task:1' }, 400, 'INVALID_TOPIC', /task:1/],
  [
    'a change without a revision',
    { method: 'PATCH', path: '/api/v1/users/root', body: {} },
    428,
    'REVISION_NEEDED',
    /If-Match/,
  ],
  [
    'a change of an old revision',
    { method: 'PATCH', path: '/api/v1/users/root', body: {}, headers: { 'if-match': '"7"' } },
    412,
    'STALE_REVISION',
    /revision is 1 now/,
  ],
  [
    'the end of the last administrator',
    { method: 'PATCH', path: '/api/v1/users/root', body: { disabled: true }, headers: { 'if-match': '"1"' } },
    409,
    'LAST_ADMINISTRATOR',
    /./,
  ],
  [
    'a password that is too short',
    { method: 'POST', path: '/api/v1/users', body: { name: 'ann', password: 'short' } },
    400,
    'INVALID_REQUEST',
    /"password"/,
  ],
  [
    'a password that everybody tries',
    { method: 'POST', path: '/api/v1/users', body: { name: 'ann', password: 'passwordpassword1' } },
    400,
    'WEAK_PASSWORD',
    /./,
  ],
  ['a name that is taken', { method: 'POST', path: '/api/v1/users', body: { name: 'ROOT' } }, 409, 'NAME_TAKEN', /./],
]

describe('bad input is refused, and what comes next is served', () => {
  for (const [what, call, status, code, contains] of cases) {
    it(`${what}: ${status} ${code}`, async () => {
      await using world = await ApiWorld.ready()
      const reply = await world.call(call)
      const { code: found } = reply.json as { code: string }
      assert.deepEqual([reply.status, found], [status, code], reply.text)
      assert.match(String(reply.headers['content-type']), /^application\/problem\+json/)
      assert.match(reply.text.replaceAll('\\"', '"'), contains)
      for (const secret of ['    at ', 'sqlite', '/src/', 'node_modules']) assert.ok(!reply.text.includes(secret))
      assert.equal((await world.call(task({}))).status, 201)
      assert.equal(world.log.lines.filter(({ level }) => level === 'error').length, 0)
    })
  }
})

describe('a key that means something later', () => {
  for (const key of ['where', 'reach', 'after', 'items']) {
    it(`${key}: is refused with its own code in a change, too, which changes nothing`, async () => {
      await using world = await ApiWorld.ready()
      const made = (await world.call(scheduled({}))).json as { id: string }
      const path = `/api/v1/tasks/${made.id}`
      const body = { name: 'other', [key]: [] }
      const reply = await world.call({ method: 'PATCH', path, body, headers: { 'if-match': '"1"' } })
      assert.deepEqual([reply.status, (reply.json as { code: string }).code], [400, 'RESERVED_KEY'], reply.text)
      assert.match(
        reply.text.replaceAll('\\"', '"'),
        new RegExp(`"${key}" cannot be used: it comes later; leave it out`),
      )
      const { name, revision } = (await world.call({ path })).json as { name: string; revision: number }
      assert.deepEqual([name, revision], ['greet.run', 1])
    })
  }
})

describe('a key that begins with $ means something else later', () => {
  const reserved: readonly [what: string, call: (task: string) => Call][] = [
    [
      'running a task now',
      (id) => ({ method: 'POST', path: `/api/v1/tasks/${id}/runs`, body: { args: [{ $user: 1 }] } }),
    ],
    [
      'changing a task',
      (id) => ({
        method: 'PATCH',
        path: `/api/v1/tasks/${id}`,
        body: { kwargs: { deep: [{ $user: 1 }] } },
        headers: { 'if-match': '"1"' },
      }),
    ],
    [
      'trying a plugin',
      () => ({
        method: 'POST',
        path: '/api/v1/plugins/greet/try',
        body: { client: '01890000-0000-7000-8000-00000000000a', args: [{ $user: 1 }] },
      }),
    ],
  ]
  for (const [what, call] of reserved) {
    it(`also when ${what}`, async () => {
      await using world = await ApiWorld.ready()
      const made = (await world.call(scheduled({}))).json as { id: string }
      const reply = await world.call(call(made.id))
      assert.deepEqual([reply.status, (reply.json as { code: string }).code], [400, 'RESERVED_KEY'], reply.text)
      assert.match(reply.text, /\$user/)
    })
  }
})

/** A valid-looking body for a schema, good enough to be spoiled. */
function example(schema: { [key: string]: unknown }): unknown {
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  if (Array.isArray(schema['anyOf'])) return example(schema['anyOf'][0] as never)
  switch (schema['type']) {
    case 'object':
      return Object.fromEntries(
        Object.entries((schema['properties'] ?? {}) as Record<string, never>).map(([key, one]) => [key, example(one)]),
      )
    case 'array':
      return []
    case 'integer':
    case 'number':
      return schema['minimum'] ?? 1
    case 'boolean':
      return true
    default:
      return 'x'.repeat((schema['minLength'] as number | undefined) ?? 1)
  }
}

describe('generated bad bodies', () => {
  const withBody = (Object.keys(ROUTES) as RouteName[]).filter((name) => 'body' in ROUTES[name])
  for (const name of withBody) {
    it(`of ${name} are refused and change nothing`, async () => {
      await using world = await ApiWorld.ready()
      const route: Route = ROUTES[name]
      const good = example(route.body as never) as Record<string, unknown>
      const wrong = [null, [], {}, 'x', -1, 1e300, true, { $: 1 }, ['x', 1, null], 'x'.repeat(100_000)]
      const bad: unknown[] = [{ ...good, extra: 1 }, [good], 'text', 7, null]
      for (const key of Object.keys(good)) for (const value of wrong) bad.push({ ...good, [key]: value })
      const path = route.path.replace('{id}', '01890000-0000-7000-8000-00000000000a').replace('{name}', 'nobody')
      const facts = world.facts.length
      let refused = 0
      for (const body of bad) {
        const reply: Reply = await world.call({ method: route.method, path, body, headers: { 'if-match': '"1"' } })
        assert.ok(reply.status < 500, `${JSON.stringify(body).slice(0, 200)}: ${reply.text}`)
        if (reply.status >= 400) refused++
        if (reply.status === 429) await world.clock.advance(60_000)
      }
      assert.ok(refused >= 5, `${refused} of ${bad.length}`)
      assert.equal(({} as Record<string, unknown>)['x'], undefined)
      assert.ok(world.facts.length - facts <= bad.length - refused + 20)
    })
  }
})

leakCheck()
