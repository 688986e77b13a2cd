import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { PLUGIN_BYTES_MAX } from '@octopus/protocol/limits.ts'
import fc from 'fast-check'

import { readPython } from './read-python.ts'

const actions = (source: string) => readPython(source).actions
const parameters = (list: string) => actions(`def run(${list}): pass\n`)[0]?.parameters
const firstProblem = (source: string) => readPython(source).problems[0]

describe('reading a Python plugin', () => {
  it('finds the functions at the top that do not begin with an underscore', () => {
    const source = `
import os
@decorated(1)
async def run(a): pass
def validate(): pass
def _helper(): pass
class A:
    def method(self): pass
if True:
    def inner(): pass
def validate(x): pass
`
    assert.deepEqual(
      actions(source).map(({ name, async, parameters }) => [name, async, parameters.map((one) => one.name).join()]),
      [
        ['run', true, 'a'],
        ['validate', false, 'x'],
      ],
    )
  })

  it('keeps the doc texts of the file and of the actions, without their indentation', () => {
    const source = `#!/usr/bin/env python3
"""Reports
disks."""

def run():
    """
    First line.

      indented
    last
    """
def other():
    # a comment first
    r'raw \\n'
def none():
    f"{x}"
`
    const read = readPython(source)
    assert.equal(read.doc, 'Reports\ndisks.')
    assert.deepEqual(
      read.actions.map(({ doc }) => doc),
      ['First line.\n\n  indented\nlast', 'raw \\n', ''],
    )
  })

  it('a plugin without run is fine as long as it has an action', () => {
    assert.deepEqual(readPython('def check(): pass\n').problems, [])
    assert.match(firstProblem('x = 1\n')?.message ?? '', /There is no action/)
    assert.match(firstProblem('')?.message ?? '', /There is no action/)
  })

  it('tells positional, rest, named-only and named-rest parameters apart', () => {
    assert.deepEqual(
      parameters('a, b=1, /, c=2, *args, d, e=3, **more')?.map(({ name, kind, required }) => [name, kind, required]),
      [
        ['a', 'positional', true],
        ['b', 'positional', false],
        ['c', 'positional', false],
        ['args', 'rest', false],
        ['d', 'named-only', true],
        ['e', 'named-only', false],
        ['more', 'named-rest', false],
      ],
    )
    assert.deepEqual(
      parameters('a, *, b')?.map(({ kind }) => kind),
      ['positional', 'named-only'],
    )
  })

  const defaults: readonly [text: string, value: unknown, type: string][] = [
    ['-1', -1, 'integer'],
    ['+1_000', 1000, 'integer'],
    ['0x1F', 31, 'integer'],
    ['1.0', 1, 'number'],
    ['24.', 24, 'number'],
    ['-1e-3', -0.001, 'number'],
    ['True', true, 'boolean'],
    ['False', false, 'boolean'],
    ['None', null, 'unknown'],
    [`'a"b'`, 'a"b', 'string'],
    [String.raw`"\n\x41\u00e9\U0001F600\101\q\\"`, '\nAé😀A\\q\\', 'string'],
    [String.raw`r"\n"`, '\\n', 'string'],
    ['"a" \'b\'', 'ab', 'string'],
    ['"""x"""', 'x', 'string'],
    ['[1, "a", [None]]', [1, 'a', [null]], 'list'],
    ['(1, 2)', [1, 2], 'list'],
    ['()', [], 'list'],
    ['{"k": 1.5, "l": [True],}', { k: 1.5, l: [true] }, 'object'],
    ['{}', {}, 'object'],
  ]
  for (const [text, value, type] of defaults) {
    it(`a default ${text} is ${JSON.stringify(value)}`, () => {
      const [one] = parameters(`a=${text}`) ?? []
      assert.deepEqual([one?.default, one?.type, one?.hasDefault], [value, type, true])
    })
  }

  for (const text of [
    'f()',
    'b"x"',
    'f"{x}"',
    '[x]',
    '{1: 2}',
    '9007199254740993',
    '1j',
    'a + 1',
    '{**a}',
    'lambda: 1',
  ]) {
    it(`a default ${text} is no plain value, but it makes the parameter optional`, () => {
      const [one] = parameters(`a=${text}`) ?? []
      assert.deepEqual([one?.required, one?.hasDefault, one && 'default' in one], [false, false, false])
    })
  }

  it('takes a constant as a default, not for a parameter of its own', () => {
    const found = parameters('path=None, limit=LIMIT, *, fast=os.name')
    assert.deepEqual(
      found?.map(({ name, required, hasDefault }) => [name, required, hasDefault]),
      [
        ['path', false, true],
        ['limit', false, false],
        ['fast', false, false],
      ],
    )
  })

  it('a key named __proto__ is a key', () => {
    const [one] = parameters('a={"__proto__": 1}') ?? []
    assert.equal(JSON.stringify(one?.default), '{"__proto__":1}')
    assert.equal(({} as Record<string, unknown>)['1'], undefined)
  })

  const annotations: readonly [string, string][] = [
    ['str', 'string'],
    ['int', 'integer'],
    ['"float"', 'number'],
    ['bool', 'boolean'],
    ['list[str]', 'list'],
    ['typing.List[int]', 'list'],
    ['Optional[dict[str, int]]', 'object'],
    ['str | None', 'string'],
    ['int | str', 'unknown'],
    ['Path', 'unknown'],
    ['constructor', 'unknown'],
  ]
  for (const [annotation, type] of annotations) {
    it(`an annotation ${annotation} is ${type}`, () => assert.equal(parameters(`a: ${annotation}`)?.[0]?.type, type))
  }

  // Each of these was refused once, by a parser that knows less than Python.
  const fine = [
    'def f():\n    yield\n    x = yield\n    return (yield)\n',
    'x = 24.\ny = (24.*3600.)\ndef f(): pass\n',
    'def f():\n    match x:\n        case ast.Name(): pass\n        case a.B: pass\n',
    'def f():\n    with a as (b, c):\n        pass\n    with (open(x) as y, open(z) as w):\n        pass\n',
    '\f\ndef f(): pass\n',
    '\uFEFFdef f(): pass\r\n',
    'def f[T](x: T) -> T: return x\n',
    'def f(): return f"{d["a"]!r:>{w}}"',
    'if (n := 3) > 2: pass\ntry: pass\nexcept* E as e: pass\ndef f(): pass\n',
    'def größe(): return 1\n',
  ]
  for (const source of fine) {
    it(`reads ${JSON.stringify(source.slice(0, 50))}`, () => assert.deepEqual(readPython(source).problems, []))
  }

  const broken: readonly [source: string, line: number, column: number, says: RegExp][] = [
    ['def f(:\n    pass\n', 1, 7, /^This is not Python: ":" was not expected here/],
    ['def f()\n    pass\n', 1, 8, /^Something is missing at the end of this line/],
    ['def f():\n    x = (1\n', 3, 1, /^The source ends in the middle/],
    ['x = 1\n\ny = 1 2\n', 3, 7, /^This is not Python: "2"/],
    ['const x = 1;\n', 1, 7, /^This is not Python: "x/],
    ['def f():\npass\n', 2, 1, /./],
    ['x = 1\0', 1, 6, /./],
  ]
  for (const [source, line, column, says] of broken) {
    it(`finds the mistake in ${JSON.stringify(source)}`, () => {
      const problem = firstProblem(source)
      assert.deepEqual([problem?.line, problem?.column], [line, column])
      assert.match(problem?.message ?? '', says)
    })
  }

  for (const source of ['def run():\n  return "a\0b"', 'def run():\n  x = 1 # \0', 'def run():\n  \0pass']) {
    it(`refuses a NUL wherever it stands, as Python does: ${JSON.stringify(source)}`, () => {
      const [problem] = readPython(source).problems
      assert.deepEqual([problem?.line, problem?.column], [2, (source.split('\n')[1] ?? '').indexOf('\0') + 1])
      assert.match(problem?.message ?? '', /NUL/)
    })
  }

  it('names one problem a line, and still lists the actions that can be read', () => {
    const read = readPython('def good(): pass\nx = = 1\ny = ) )\n')
    assert.deepEqual(
      read.problems.map(({ line }) => line),
      [2, 3],
    )
    assert.equal(read.actions[0]?.name, 'good')
  })
})

describe('a hostile source', () => {
  const M = PLUGIN_BYTES_MAX
  const hostile: Readonly<Record<string, string>> = {
    'open brackets': '('.repeat(M),
    'nested brackets': '['.repeat(M / 2) + ']'.repeat(M / 2),
    'brackets in an unended string': `"${'('.repeat(M)}`,
    quotes: '"'.repeat(M),
    'triple quotes': '"""'.repeat(M / 3),
    definitions: 'def f(): pass\n'.repeat(M / 14),
    'definitions of many names': Array.from({ length: 60_000 }, (_, i) => `def f${i}(): pass\n`).join(''),
    'deeper and deeper blocks': Array.from({ length: 1_400 }, (_, i) => `${' '.repeat(i)}if a:\n`).join(''),
    'headers of with': 'with '.repeat(M / 5),
    'headers of with in lines': 'with (\n'.repeat(M / 7),
    signs: '-'.repeat(M),
    parameters: `def f(${'a,'.repeat(M / 2 - 10)}): pass`,
    escapes: `def f(a="${'\\n'.repeat(M / 2 - 20)}"): pass`,
    dots: '1.'.repeat(M / 2),
    yields: 'yield '.repeat(M / 6),
    cases: `case ${'a.'.repeat(M / 2)}`,
    strings: 'f"{'.repeat(M / 3),
    junk: '$'.repeat(M),
    nothing: '\0'.repeat(M),
  }
  for (const [name, source] of Object.entries(hostile)) {
    it(`of ${name} costs seconds at most`, () => {
      const begun = performance.now()
      const read = readPython(source)
      // An ordinary source of this size takes about one; on a busy machine a few.
      assert.ok(performance.now() - begun < 10_000)
      assert.ok(read.actions.length <= 200 && read.problems.length <= 20)
    })
  }

  it('of any characters is answered, with places inside it', () => {
    const token = fc.constantFrom(
      ...'def f(a=1,*b):|pass|\n|    |"|\'|"""|[|]|{|}|(|)|@|async |with | as |yield|case |.|1.|\\|#|,|$|\u2028'.split(
        '|',
      ),
    )
    fc.assert(
      fc.property(fc.array(token, { maxLength: 60 }), (tokens) => {
        const source = tokens.join('')
        const lines = source.split('\n')
        for (const { line, column } of readPython(source).problems) {
          assert.ok(line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1)
        }
      }),
      { numRuns: 300 },
    )
  })
})
