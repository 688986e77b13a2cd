import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { JSON_DEPTH_MAX, readJson } from './raw-json.ts'

const texts = (text: string): Record<string, string> => {
  const read = readJson(text)
  assert.ok('texts' in read, JSON.stringify(read))
  return Object.fromEntries(read.texts)
}

describe('a body', () => {
  it('keeps the text of its members as it arrived', () => {
    assert.deepEqual(
      texts(
        String.raw` { "args" : [1.0, 1152921504606846976 , "\u0000}\",{", -0] , "kwargs":{"a":{"b":[{}]}},"n" :null, "s":"a,b" } `,
      ),
      {
        args: String.raw`[1.0, 1152921504606846976 , "\u0000}\",{", -0]`,
        kwargs: '{"a":{"b":[{}]}}',
        n: 'null',
        s: '"a,b"',
      },
    )
    assert.deepEqual(texts('{}'), {})
    assert.deepEqual(texts('[1,{"a":2}]'), {})
  })

  const refused: readonly [text: string, at: string, message: RegExp][] = [
    ['{"a":1,"a":2}', 'a', /twice/],
    [String.raw`{"a":1,"\u0061":2}`, 'a', /twice/],
    ['{"args":[0,{"x":1,"x":1}]}', 'args.1.x', /twice/],
    ['{"__proto__":{"x":1}}', '__proto__', /not allowed/],
    [String.raw`{"a":{"\u005f_proto__":1}}`, 'a.__proto__', /not allowed/],
    ['{"kwargs":{"constructor":1}}', 'kwargs.constructor', /not allowed/],
    [`{"args":${'['.repeat(JSON_DEPTH_MAX)}${']'.repeat(JSON_DEPTH_MAX)}}`, 'args', /deeper/],
    [`{"args":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'args', /deeper/],
  ]
  for (const [text, at, message] of refused) {
    it(`${text.slice(0, 40)} is refused`, () => {
      const problem = readJson(text)
      assert.ok('kind' in problem && problem.kind === 'refused')
      assert.equal(problem.at, at)
      assert.match(problem.message, message)
    })
  }

  for (const text of ['', '{', '{"a":1}}', '{a:1}', "{'a':1}", '[1,]', 'nul', '{"a":01}', '\uFEFF{}']) {
    it(`${JSON.stringify(text)} is not JSON`, () =>
      assert.equal((readJson(text) as { kind?: string }).kind, 'not-json'))
  }

  it('of any kind gives the value that JSON.parse gives, and texts that mean the same', () => {
    const key = fc.string().filter((one) => !['__proto__', 'constructor', 'prototype', ''].includes(one))
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue({ maxDepth: 5 })), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        const read = readJson(text)
        if ('kind' in read) return // a poisonous key somewhere inside
        assert.deepEqual(read.value, JSON.parse(text))
        for (const [name, member] of Object.entries(value)) {
          assert.equal(JSON.stringify(JSON.parse(read.texts.get(name) ?? '')), JSON.stringify(member))
        }
      }),
    )
  })
})
