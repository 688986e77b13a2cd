import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { argumentsFor, signatureOf } from './call-arguments.ts'

const SIGNATURES = [
  ['function run() {}', '()'],
  ['async function run(a, b = 1) { return (a, b) }', '(a, b)'],
  ['(a, b) => a', '(a, b)'],
  ['x => x', '(x)'],
  ['async x => x', '(x)'],
  ['run(a, ...rest) {}', '(a, ...)'],
  ["function run(a = ')', b = [1, 2], c = `x,${y}`, d = { e: (f, g) => 1 }) {}", '(a, b, c, d)'],
  ["({ a, b = 1, c: d, 'e-f': g, ...rest }, h) => 1", '({a,b,c,e-f,*}, h)'],
  ['function (a /* , x */, // y,\n b) {}', '(a, b)'],
  ['function ([a, b], c) {}', '(_, c)'],
  ['async *gen($a, _b) {}', '($a, _b)'],
  ['function run(grüße) {}', '(grüße)'],
] as const

function shown(source: string): string {
  const parts = signatureOf(source).parameters.map((one) => {
    if (one.kind === 'name') return one.name
    if (one.kind === 'object') return `{${[...one.names, ...(one.any ? ['*'] : [])].join(',')}}`
    return one.kind === 'rest' ? '...' : '_'
  })
  return `(${parts.join(', ')})`
}

const CALLS = [
  ['(a, b) => 1', [1], { b: 2 }, [1, 2]],
  ['(a, b) => 1', [], { b: 2 }, [undefined, 2]],
  ['(a, { x, y }) => 1', [1], { y: 2 }, [1, { y: 2 }]],
  ['({ x } = {}) => 1', [], {}, [undefined]],
  ['({ ...all }) => 1', [], { q: 1 }, [{ q: 1 }]],
  ['(a, ...rest) => 1', [1, 2, 3], {}, [1, 2, 3]],
  ['([a], b) => 1', [[1]], { b: 2 }, [[1], 2]],
] as const

const MISFITS = [
  ['(a) => 1', [1, 2], {}, /2 were given by place, and there is room for 1\. The action is run\(a\)/],
  ['(a) => 1', [1], { a: 2 }, /a was given by place and by name/],
  ['(a) => 1', [], { b: 2 }, /there is no parameter b/],
  ['(...args) => 1', [1], { b: 2 }, /there is no parameter b\. The action is run\(\.\.\.\)/],
] as const

describe('the parameters of a function', () => {
  for (const [source, expected] of SIGNATURES) {
    it(`of ${source} are ${expected}`, () => assert.equal(shown(source), expected))
  }

  for (const [source, args, kwargs, expected] of CALLS) {
    it(`of ${source} are filled from ${JSON.stringify(args)} and ${JSON.stringify(kwargs)}`, () => {
      assert.deepEqual(argumentsFor('run', signatureOf(source), args, kwargs), expected)
    })
  }

  for (const [source, args, kwargs, message] of MISFITS) {
    it(`of ${source} refuse ${JSON.stringify(args)} and ${JSON.stringify(kwargs)}`, () => {
      assert.throws(() => argumentsFor('run', signatureOf(source), args, kwargs), message)
    })
  }
})
