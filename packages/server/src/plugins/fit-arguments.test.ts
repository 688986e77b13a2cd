import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { misfit } from './fit-arguments.ts'
import { readPython } from './read-python.ts'

// The words after the arrow are CPython's own.
const cases: readonly [
  definition: string,
  args: unknown[],
  kwargs: Record<string, unknown>,
  says: string | undefined,
][] = [
  ['run(*args, **kwargs)', [1, 2], { a: 1 }, undefined],
  ['run()', [], {}, undefined],
  ['run()', [1], {}, 'run() takes 0 positional arguments but 1 was given'],
  ['run(a)', [1], {}, undefined],
  ['run(a)', [], { a: 1 }, undefined],
  ['run(a)', [], {}, "run() missing 1 required positional argument: 'a'"],
  ['run(a, b)', [], {}, "run() missing 2 required positional arguments: 'a' and 'b'"],
  ['run(a, b, c)', [], {}, "run() missing 3 required positional arguments: 'a', 'b', and 'c'"],
  ['run(a, b=1)', [1, 2, 3], {}, 'run() takes from 1 to 2 positional arguments but 3 were given'],
  ['run(a)', [1], { a: 2 }, "run() got multiple values for argument 'a'"],
  ['run(a)', [1], { b: 2 }, "run() got an unexpected keyword argument 'b'"],
  ['run(a, *, b)', [1], {}, "run() missing 1 required keyword-only argument: 'b'"],
  ['run(a, *, b=1)', [1], { b: 2 }, undefined],
  ['run(a, *rest)', [1, 2, 3], {}, undefined],
  ['run(a, **more)', [1], { constructor: 1, toString: 2 }, undefined],
  ['run(a)', [1], { toString: 2 }, "run() got an unexpected keyword argument 'toString'"],
]

describe('arguments', () => {
  for (const [definition, args, kwargs, says] of cases) {
    it(`${JSON.stringify(args)} ${JSON.stringify(kwargs)} for ${definition} → ${says ?? 'fit'}`, () => {
      const action = readPython(`def ${definition}: pass\n`).actions[0]!
      assert.equal(misfit(action, { args, kwargs }), says)
    })
  }
})
