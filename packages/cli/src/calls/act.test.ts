import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { OPERATION_FIELDS } from '@octopus/api-client/operation-fields.ts'
import { OPERATIONS } from '@octopus/api-client/schema.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { ApiWorld } from '@octopus/server/testing/api-world.ts'

import { COMMANDS } from '#tables/commands.ts'
import { type Ran, runAgainst } from '#testing/cli-world.ts'
import type { World } from '#world.ts'

leakCheck()

/** What a client or a plugin might call itself. */
const HOSTILE = '\u001B]0;owned\u0007\u001B[2J\u202Ered'

describe('commands of the API against the real routes', () => {
  let api: ApiWorld
  before(async () => (api = await ApiWorld.ready()))
  after(() => api[Symbol.asyncDispose]())
  const run = (argv: readonly string[], changes?: Partial<World>): Promise<Ran> => runAgainst(api, argv, changes)
  const line = (text: string): Promise<Ran> => run(text.split(' '))
  const json = async (text: string): Promise<Record<string, unknown>> => {
    const { code, out, err } = await line(`${text} --json`)
    assert.equal(code, 0, err)
    return JSON.parse(out) as Record<string, unknown>
  }

  it('every command that reads without arguments answers, as a table and as JSON', async () => {
    const reading = COMMANDS.filter(({ uses, arguments: places, flags }) => {
      const [only] = uses
      if (!only || uses.length > 1 || places.length > 0 || flags.some(({ required }) => required)) return false
      if (flags.some(({ name }) => name === 'data-folder')) return false
      return OPERATIONS[only][0] === 'GET' && OPERATION_FIELDS[only].answer !== 'stream'
    })
    assert.ok(reading.length > 12, `only ${reading.length} were tried`)
    for (const { words } of reading) {
      const table = await line(words)
      // A route may be declared before it is built.
      if (/it comes later/.test(table.err)) continue
      assert.equal(table.code, 0, `octopus ${words}: ${table.err}`)
      assert.equal((await line(`${words} --json`)).code, 0, words)
    }
  })

  it('a list is read page by page when all of it is wanted; else it says that there is more', async () => {
    for (let i = 0; i < 5; i++) await line(`user create person-${i}`)
    const first = await line('user list --limit 2')
    assert.match(first.err, /2 of 6 shown\. All: --all/)
    const pages = (await line('user list --limit 2 --all --json')).out.trim().split('\n')
    assert.equal(pages.length, 3)
    assert.equal((await line('user list --limit 2 --all')).out.trim().split('\n').length, 7)
  })

  it('a change is made on the newest revision, or refused on an old one', async () => {
    await line('user create carla --display-name Carla')
    assert.equal((await json('user edit carla --role operator'))['role'], 'operator')
    assert.equal((await json('user edit carla --unset role'))['role'], null)
    const stale = await line('user edit carla --disabled --revision 1')
    assert.equal(stale.code, 4)
    assert.match(stale.err, /Somebody changed it meanwhile/)
  })

  it('a hostile name cannot act on the terminal, neither in a table nor in JSON', async () => {
    await run(['user', 'create', 'mallory', '--display-name', HOSTILE])
    const terminal = { isTerminal: true, columns: () => 80 }
    for (const args of [
      ['user', 'list'],
      ['user', 'show', 'mallory'],
      ['user', 'list', '--json'],
    ]) {
      let shown = ''
      await run(args, { out: { ...terminal, write: (text) => void (shown += text) } })
      assert.match(shown, /owned/)
      // oxlint-disable-next-line no-control-regex -- what must not come through
      assert.doesNotMatch(shown, /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E]/)
    }
    const piped = await line('user list --json')
    const { items } = JSON.parse(piped.out) as { items: { displayName: string }[] }
    assert.ok(
      items.some(({ displayName }) => displayName === HOSTILE),
      'a program gets what was stored',
    )
  })

  it('a list of plugins says below what of the folder is not taken, also where there is no plugin yet', async () => {
    const since = api.clock.wall()
    const quarrel = 'disk.py and disk.sh are both the plugin disk. Keep one of them.'
    const hostile = `bad.py is not read: ${HOSTILE}`
    api.inboxProblems = [
      { file: 'bad.py', problem: hostile, since },
      { file: 'disk.py', problem: quarrel, since },
      { file: 'disk.sh', problem: quarrel, since },
    ]
    const told = String.raw`Not taken from the plugins folder:
  2026-01-01 00:00:00Z  bad.py is not read: \u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}red
  2026-01-01 00:00:00Z  ${quarrel}
`
    for (const text of ['plugin list', 'plugin list --all']) {
      const { code, out, err } = await line(text)
      assert.deepEqual([code, err], [0, told])
      assert.match(out, /^greet /m)
    }
    assert.equal((await line('plugin list --json')).err, '', 'data has them already')
    const none = await line('plugin list --deleted')
    assert.deepEqual([none.out, none.err], ['', `There are none.\n${told}`])
    api.inboxProblems = []
    assert.equal((await line('plugin list')).err, '')
  })

  it('what cannot be taken back is asked about', async () => {
    const asked: string[] = []
    const answers = ['n', 'y']
    const ask = async (question: string): Promise<string> => {
      asked.push(question)
      return answers.shift() ?? ''
    }
    await line('user create walter')
    assert.equal((await run(['user', 'delete', 'walter'], { canAsk: true, ask })).code, 2)
    assert.equal((await line('user show walter')).code, 0)
    assert.equal((await run(['user', 'delete', 'walter'], { canAsk: true, ask })).code, 0)
    assert.deepEqual(asked, ['Delete user walter? [y/N] ', 'Delete user walter? [y/N] '])
  })

  it('a password comes from a question or from standard input, never from a flag', async () => {
    const ask = async (_question: string, secret: boolean): Promise<string> =>
      secret ? 'a long enough pass phrase' : ''
    const asked = await run(['user', 'create', 'dora', '--role', 'viewer', '--ask-password'], { canAsk: true, ask })
    assert.equal(asked.code, 0, asked.err)
    const readInput = async (): Promise<string> => 'another long pass phrase\n'
    const piped = await run(['user', 'edit', 'dora', '--password-file', '-'], { readInput })
    assert.equal(piped.code, 0, piped.err)
    assert.equal((await line('user create eve --password x')).code, 2)
  })

  it('a refusal names each field; with --json it is data', async () => {
    const people = await line('task create greet hello --on user:nobody')
    assert.equal(people.code, 4)
    const data = await line('user show nobody --json')
    assert.equal(data.out, '')
    assert.deepEqual([data.code, (JSON.parse(data.err) as { code: string }).code], [4, 'USER_NOT_FOUND'])
    const fields = await line('token create --name x --role admin --expires-in-seconds 1')
    assert.equal(fields.code, 4)
    assert.match(fields.err, /^ {2}expiresInSeconds: /m)
  })

  it('its exit code tells a server that cannot do it now from one that will not, and from a broken one', async () => {
    const codes = { 401: 4, 403: 4, 404: 4, 409: 4, 412: 4, 422: 4, 429: 3, 500: 1, 502: 3, 503: 3, 504: 3, 507: 3 }
    for (const [status, code] of Object.entries(codes)) {
      const fetch: World['fetch'] = async () => Response.json({}, { status: Number(status) })
      const ended = await run(['stop-all-work', '--yes'], { fetch })
      assert.equal(ended.code, code, `status ${status}: ${ended.err}`)
    }
  })

  it('a role that may not is told so, with exit code 4', async () => {
    const env = { OCTOPUS_SERVER: 'http://octopus.test', OCTOPUS_TOKEN: api.tokens.viewer }
    const { code, err } = await run(['task', 'create', 'greet', 'hello', '--on', 'all', '--arg', 'x'], { env })
    assert.equal(code, 4)
    assert.match(err, /needs the role operator/)
  })
})
