import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { OPERATION_FIELDS } from '@octopus/api-client/operation-fields.ts'
import type { OperationName } from '@octopus/api-client/request.ts'

import { parseGiven } from '#command-line/parse.ts'

import { typedArguments } from './json-text.ts'
import type { CallOptions } from './options.ts'
import { requestOf } from './request.ts'
import { call } from './row.ts'
import { finishNewTask, secondsOf, TASK_FLAGS } from './task-fields.ts'

const TASK: CallOptions = {
  places: ['plugin', 'action'],
  file: true,
  hidden: ['owner', 'user'],
  moreFlags: TASK_FLAGS,
  finish: finishNewTask,
}

function request(operation: OperationName, options: CallOptions, line: string, stdin = '') {
  const given = parseGiven(call('x', operation, options), line.split(' ').filter(Boolean))
  return requestOf(OPERATION_FIELDS[operation], options, given, stdin)
}
const bodyOf = (line: string, stdin = ''): string => JSON.stringify(request('createTask', TASK, line, stdin).body)

describe('a call from a command line', () => {
  it('has its parameters, its filter and its body where the API wants them', () => {
    assert.deepEqual(request('listRuns', {}, '--task t1 --status active --limit 5'), {
      params: {},
      query: { task: 't1', status: 'active', limit: 5 },
    })
    assert.deepEqual(
      request('changeClient', { places: ['labels'], hidden: ['name'] }, 'c1 lab,windows --unset user').body,
      {
        labels: ['lab', 'windows'],
        user: null,
      },
    )
    assert.deepEqual(request('endTask', {}, 't1'), { params: { id: 't1' }, query: {} })
  })

  it('a task: owner and type are told by the flags that people think of', () => {
    assert.equal(
      bodyOf('probe --on user:alice --every 5m'),
      '{"type":"scheduled","plugin":"probe","owner":"user","user":"alice","intervalSeconds":300}',
    )
    assert.equal(bodyOf('probe check --on all'), '{"type":"ad-hoc","plugin":"probe","action":"check","owner":"all"}')
    assert.throws(() => bodyOf('probe'), /Say --on all/)
    assert.throws(() => bodyOf('probe --on alice'), /must be all, anyone or user:NAME/)
    assert.throws(() => bodyOf('--on all'), /<plugin> is missing/)
  })

  it('a task from a file, of which flags change parts; numbers stay as they were written', () => {
    const file = '{"plugin": "probe", "owner": "all", "args": [12345678901234567890, 1.0], "name": "A"}'
    assert.equal(
      bodyOf('--file - --name B', file),
      '{"type":"ad-hoc","plugin":"probe","owner":"all","args":[12345678901234567890,1.0],"name":"B"}',
    )
    assert.throws(() => bodyOf('--file -', '[1]'), /no JSON object/)
    assert.throws(() => bodyOf('--file -', '{'), /Standard input is no JSON/)
  })

  it('what contradicts itself is refused', () => {
    assert.throws(() => bodyOf('p --on all --arg 1 --args [2]'), /--arg, or --args and --kwargs, not both/)
    assert.throws(
      () => request('changeClient', {}, 'c1 --user bob --unset user'),
      /--user is given, and --unset user too/,
    )
  })
})

describe('arguments of a plugin', () => {
  it('are JSON where they are JSON, else text; named with =', () => {
    assert.equal(
      JSON.stringify(
        typedArguments(['/tmp', '90', 'a=1.0', 'b=x=y', 'c="007"', 'd=', 'e=[1,{"f":null}]', '=odd', 'g=true']),
      ),
      '{"args":["/tmp",90,"=odd"],"kwargs":{"a":1.0,"b":"x=y","c":"007","d":"","e":[1,{"f":null}],"g":true}}',
    )
    assert.throws(() => typedArguments(['a=1', 'a=2']), /--arg a is given twice/)
    assert.deepEqual(Object.keys(typedArguments(['__proto__=1']).kwargs), ['__proto__'])
  })

  it('durations have units', () => {
    assert.deepEqual(
      ['30s', '5m', '2h', '1d', '45'].map((text) => secondsOf(text, 'every')),
      [30, 300, 7_200, 86_400, 45],
    )
    assert.throws(() => secondsOf('5 weeks', 'every'), /30s, 5m, 2h, 1d/)
  })
})
