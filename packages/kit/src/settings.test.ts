import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { describeSettings, readFlags, readSettings, type SettingsTable, whereSet } from './settings.ts'

const TABLE = {
  SERVER_URL: {
    kind: 'text',
    default: null,
    about: 'Address of the server.',
    flags: ['server'],
    check: (value) => (value.startsWith('http') ? undefined : 'must begin with http:// or https://'),
  },
  SLOTS: { kind: 'integer', default: 2, min: 1, max: 64, unit: '', about: 'Executions side by side.' },
  CACHE_TTL: {
    kind: 'integer',
    default: 600,
    min: 0,
    max: 86_400,
    unit: 'seconds',
    about: 'Idle runners live so long.',
  },
  PLAIN: { kind: 'boolean', default: false, about: 'Plain HTTP.' },
  LABELS: { kind: 'list', default: [], max: 2, about: 'Labels.' },
  DATABASE_URL: { kind: 'text', default: null, about: 'Database.', unprefixed: true },
  CONFIG: { kind: 'text', default: null, about: 'Settings file.', from: ['command line'] },
} as const satisfies SettingsTable

const read = (given: { file?: string; env?: Record<string, string>; argv?: string[]; foreign?: string[] }) =>
  readSettings(TABLE, {
    program: 'octopus client',
    file: given.file === undefined ? undefined : { name: 'octopus-client.conf', text: given.file },
    env: given.env ?? {},
    flags: readFlags(TABLE, given.argv ?? [], 'octopus client'),
    foreign: new Set(given.foreign),
  })

describe('settings', () => {
  it('the command line wins over the environment, the environment over the file, the file over the default', () => {
    assert.equal(read({}).SLOTS, 2)
    assert.equal(read({ file: '# mine\n\nSLOTS = 3\r\n' }).SLOTS, 3)
    assert.equal(read({ file: 'SLOTS=3', env: { OCTOPUS_SLOTS: '4' } }).SLOTS, 4)
    assert.equal(read({ file: 'SLOTS=3', env: { OCTOPUS_SLOTS: '4' }, argv: ['--slots', '5'] }).SLOTS, 5)
  })

  it('each kind becomes its own type', () => {
    const settings = read({
      argv: ['--server=http://a/?b=c', '--plain', '--labels', 'lab, windows ,'],
      env: { DATABASE_URL: 'postgres://x', OCTOPUS_SLOTS: '' },
    })
    assert.deepEqual(settings, {
      SERVER_URL: 'http://a/?b=c',
      SLOTS: 2,
      CACHE_TTL: 600,
      PLAIN: true,
      LABELS: ['lab', 'windows'],
      DATABASE_URL: 'postgres://x',
      CONFIG: null,
    })
  })

  it('each that was set says where', () => {
    const file = { name: 'octopus-client.conf', text: 'SLOTS=3\nPLAIN = true' }
    const sources = { program: 'octopus client', file, env: { OCTOPUS_SLOTS: '4', OCTOPUS_LABELS: '' }, flags: {} }
    assert.deepEqual(
      [...whereSet(TABLE, sources)],
      [
        ['SLOTS', 'OCTOPUS_SLOTS'],
        ['PLAIN', 'octopus-client.conf, line 2'],
      ],
    )
  })

  it('a variable of the other program in the same environment is left alone', () => {
    assert.equal(read({ env: { OCTOPUS_SERVER_PORT: '80', PATH: '/bin' }, foreign: ['SERVER_PORT'] }).SLOTS, 2)
  })

  const refused: [string, Parameters<typeof read>[0], string][] = [
    [
      'an unknown key',
      { file: 'SLOTS=1\nSLOT = 3' },
      'octopus-client.conf, line 2: SLOT is no setting of octopus client (did you mean SLOTS?). Correct or remove it.',
    ],
    [
      'an unknown variable',
      { env: { OCTOPUS_FOO: '1' } },
      'OCTOPUS_FOO: FOO is no setting of octopus client. Correct or remove it.',
    ],
    [
      'an unknown flag',
      { argv: ['--slot', '1'] },
      'octopus client does not know --slot (did you mean --slots?). See octopus client --help.',
    ],
    ['a flag without value', { argv: ['--slots'] }, '--slots needs a value: --slots <integer>.'],
    [
      'a number out of range',
      { env: { OCTOPUS_CACHE_TTL: '-1' } },
      'OCTOPUS_CACHE_TTL: CACHE_TTL is "-1"; it must be a whole number from 0 to 86400 seconds.',
    ],
    [
      'a word for a number',
      { argv: ['--slots', 'many'] },
      '--slots: SLOTS is "many"; it must be a whole number from 1 to 64.',
    ],
    [
      'a wrong truth',
      { file: 'PLAIN = yes' },
      'octopus-client.conf, line 1: PLAIN is "yes"; it must be true or false.',
    ],
    [
      'a text that fails its check',
      { argv: ['--server', 'ftp://x'] },
      '--server-url: SERVER_URL is "ftp://x"; it must begin with http:// or https://.',
    ],
    [
      'too many items',
      { file: 'LABELS = a,b,c' },
      'octopus-client.conf, line 1: LABELS is "a,b,c"; it may have at most 2 items.',
    ],
    [
      'a line that is no setting',
      { file: 'hello' },
      'octopus-client.conf, line 1: "hello" is not KEY = value. Write it so, or begin the line with #.',
    ],
    [
      'a key that stands twice',
      { file: 'SLOTS=1\nSLOTS=2' },
      'octopus-client.conf, line 2: SLOTS stands twice. Remove one.',
    ],
    [
      'a key in the wrong place',
      { file: 'CONFIG = x' },
      'octopus-client.conf, line 1: CONFIG cannot be set here, only by command line.',
    ],
    [
      'a name from the prototype',
      { file: 'constructor = x' },
      'octopus-client.conf, line 1: constructor is no setting of octopus client. Correct or remove it.',
    ],
  ]
  for (const [what, given, message] of refused) {
    it(`${what} stops the start with one sentence that names key, value and remedy`, () => {
      assert.throws(() => read(given), { name: 'SettingsError', message })
    })
  }

  it('help lists every setting with its flag, purpose and default', () => {
    const text = describeSettings(TABLE)
    assert.equal(text.split('\n').length, Object.keys(TABLE).length)
    assert.match(text, /--server-url, --server +Address of the server\./)
    assert.match(text, /--cache-ttl +Idle runners live so long\. \(600 seconds\)/)
  })
})
