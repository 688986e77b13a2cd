import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { findCommand, parseGiven, unknownCommand } from './parse.ts'
import type { CommandRow } from './rows.ts'

const row = (words: string, more: Partial<CommandRow> = {}): CommandRow => ({
  words,
  about: 'Does it',
  arguments: [],
  flags: [],
  uses: [],
  load: () => Promise.reject(new Error('not loaded to be parsed')),
  ...more,
})
const CREATE = row('task create', {
  arguments: [
    { name: 'plugin', about: '' },
    { name: 'action', about: '', optional: true },
  ],
  flags: [
    { name: 'on', kind: 'text', required: true, about: '' },
    { name: 'overlap', kind: 'word', words: ['skip', 'queue'], about: '' },
    { name: 'priority', kind: 'integer', about: '' },
    { name: 'labels', kind: 'list', about: '' },
    { name: 'enabled', kind: 'boolean', about: '' },
    { name: 'arg', kind: 'text', about: '' },
  ],
})
const ROWS = [CREATE, row('task list'), row('run'), row('run list'), row('server', { ownFlags: true })]

describe('which command is meant', () => {
  const found = (...argv: string[]): string | undefined => findCommand(ROWS, argv)?.row.words
  it('the longest that fits, so that a plugin may be run and runs be listed', () => {
    assert.equal(found('run', 'list'), 'run list')
    assert.equal(found('run', 'disk_report', 'list'), 'run')
    assert.equal(found('run', '--', 'list'), 'run')
    assert.equal(found('task'), undefined)
  })

  const cases: readonly [argv: readonly string[], message: string][] = [
    [['taks', 'list'], 'There is no command "taks". Did you mean "octopus task"? See octopus help.'],
    [['task', 'lsit'], 'There is no command "task lsit". Did you mean "octopus task list"? See octopus help task.'],
    [['task'], 'octopus task needs one word more. See octopus help task.'],
    [['entirely'], 'There is no command "entirely". See octopus help.'],
  ]
  for (const [argv, message] of cases) {
    it(`"${argv.join(' ')}" is told what there is`, () => assert.equal(unknownCommand(ROWS, argv).message, message))
  }
})

describe('what was given', () => {
  const given = (...rest: string[]) => parseGiven(CREATE, rest)

  it('arguments and flags in any order, with = or a blank between flag and value', () => {
    const one = given('--on=all', 'probe', '--priority', '-5', 'check', '--arg', 'a=1', '--arg', 'b=--x', '--enabled')
    assert.deepEqual([one.argument('plugin'), one.argument('action')], ['probe', 'check'])
    assert.deepEqual([one.text('on'), one.number('priority'), one.truth('enabled')], ['all', -5, true])
    assert.deepEqual(one.texts('arg'), ['a=1', 'b=--x'])
    assert.equal(one.text('overlap'), undefined)
  })

  it('a list with commas or several times, a boolean taken back, and words after --', () => {
    const one = given('--on', 'all', '--labels', 'a, b', '--labels=c', '--no-enabled', '--', '--odd-name')
    assert.deepEqual(one.list('labels'), ['a', 'b', 'c'])
    assert.equal(one.truth('enabled'), false)
    assert.equal(one.argument('plugin'), '--odd-name')
  })

  it('--help wins over what is missing', () => assert.ok(given('--help').has('help')))

  const refused: readonly [rest: readonly string[], message: string][] = [
    [['--on', 'all'], '<plugin> is missing. See octopus help task create.'],
    [['probe'], '--on is missing: --on <text>. See octopus help task create.'],
    [['probe', '--on'], '--on needs a value: --on <text>.'],
    [
      ['probe', '--onn', 'all'],
      'octopus task create does not know --onn. Did you mean --on? See octopus help task create.',
    ],
    [['probe', '--overlap', 'x'], '--overlap is "x"; it must be one of skip, queue.'],
    [['probe', '--priority', '1.5'], '--priority is "1.5"; it must be a whole number.'],
    [['probe', '--enabled=yes'], '--enabled is "yes"; it must be true or false.'],
    [['probe', 'a', 'b'], '"b" is too much. See octopus help task create.'],
    [['probe', '-x'], 'octopus task create does not know -x. See octopus help task create.'],
  ]
  for (const [rest, message] of refused) {
    it(`"${rest.join(' ')}" is refused in one sentence`, () => {
      assert.throws(() => given(...rest), { name: 'UsageError', message })
    })
  }
})
