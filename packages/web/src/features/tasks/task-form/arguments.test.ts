import assert from 'node:assert/strict'
import { test } from 'node:test'

import { argumentsFromJson } from '#domain/json-arguments.ts'
import type { Parameter } from '#features/tasks/task-queries.ts'

import { argumentsFromForm, placeholderOf } from './arguments.ts'

const parameter = (name: string, over: Partial<Parameter> = {}): Parameter => ({
  name,
  kind: 'positional',
  type: 'string',
  required: false,
  hasDefault: false,
  ...over,
})

test('typed text becomes a value of the parameter type', () => {
  const cases: [Parameter['type'], string, unknown][] = [
    ['string', '007', '007'],
    ['integer', '-7', -7],
    ['number', '1.5', 1.5],
    ['boolean', 'false', false],
    ['list', '[1,"a"]', [1, 'a']],
    ['object', '{"a":1}', { a: 1 }],
    ['unknown', '12', 12],
    ['unknown', 'C:\\temp', 'C:\\temp'],
  ]
  for (const [type, text, value] of cases) {
    const read = argumentsFromForm([parameter('x', { type })], { x: text })
    assert.deepEqual(read, { ok: true, value: { args: [], kwargs: { x: value } } })
  }
})

test('what does not fit is named in place', () => {
  const cases: [Parameter['type'], string][] = [
    ['integer', '1.5'],
    ['number', 'many'],
    ['boolean', 'yes'],
    ['list', '{"a":1}'],
    ['object', '[1]'],
    ['object', '{'],
  ]
  for (const [type, text] of cases) {
    const read = argumentsFromForm([parameter('x', { type })], { x: text })
    assert.equal(read.ok, false)
  }
})

test('nothing typed leaves the default, and a needed parameter is asked for', () => {
  const parameters = [parameter('path', { required: true }), parameter('warnAt', { hasDefault: true, default: 90 })]
  assert.deepEqual(argumentsFromForm(parameters, {}), { ok: false, problems: { path: 'is needed' } })
  assert.deepEqual(argumentsFromForm(parameters, { path: '/' }), {
    ok: true,
    value: { args: [], kwargs: { path: '/' } },
  })
})

test('with *rest, what stands before it goes by position and takes its default', () => {
  const parameters = [
    parameter('path', { required: true }),
    parameter('depth', { type: 'integer', hasDefault: true, default: 3 }),
    parameter('names', { kind: 'rest' }),
    parameter('dry', { kind: 'named-only', type: 'boolean', hasDefault: true, default: false }),
    parameter('more', { kind: 'named-rest' }),
  ]
  assert.deepEqual(argumentsFromForm(parameters, { path: '/', names: '["a"]', dry: 'true', more: '{"x":1}' }), {
    ok: true,
    value: { args: ['/', 3, 'a'], kwargs: { dry: true, x: 1 } },
  })
})

test('raw JSON is taken as it is, and told what is wrong with it', () => {
  assert.deepEqual(argumentsFromJson(''), { value: { args: [], kwargs: {} } })
  assert.deepEqual(argumentsFromJson('{"args":[1],"kwargs":{"a":2}}'), { value: { args: [1], kwargs: { a: 2 } } })
  for (const text of ['[1]', '{"args":{}}', '{"kwargs":[]}', '{"path":"/"}', '{']) {
    assert.ok('problem' in argumentsFromJson(text), text)
  }
})

test('an empty control shows what it means', () => {
  assert.equal(placeholderOf(parameter('x', { hasDefault: true, default: 'world' })), 'world')
  assert.equal(placeholderOf(parameter('x', { hasDefault: true, default: '' })), '""')
  assert.equal(placeholderOf(parameter('x', { hasDefault: true, default: [1] })), '[1]')
  assert.equal(placeholderOf(parameter('x', { required: true })), '')
})
