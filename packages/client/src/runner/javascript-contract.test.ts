import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { openPluginBench } from '#runner/testing/plugin-bench.ts'

const bench = await openPluginBench()
leakCheck()

const given = { argsJson: '[1, "two"]', kwargsJson: '{"three": 3}' }
const SDK = "import { definePlugin } from '@octopus/plugin-sdk'\n"

const RETURNED = [
  ['parameters by place and by name', 'export const run = (a, b = 0, three = 0) => [a, b, three]', '[1,"two",3]'],
  [
    'further arguments, and an object for names',
    'export function run({ three }, ...more) { return [more, three] }',
    '[[1,"two"],3]',
  ],
  ['an object with defaults', 'export const run = (a, b, { three, four = 4 } = {}) => three + four', '7'],
  ['async actions', 'export const run = async (a, b, three) => three', '3'],
  ['the default as run', 'export default (a, b, three) => a + three', '4'],
  ['CommonJS', 'exports.run = function (a, b, three) { return require("node:path").basename("/x/y") }', '"y"'],
  ['module.exports', 'module.exports = { run: (a, b, three) => 5 }', '5'],
  ['waiting at the top', 'const x = await Promise.resolve(6)\nexport const run = (a, b, three) => x', '6'],
  ['text that is half of a surrogate pair', 'export const run = (a, b, three) => "\\ud800"', '"\\ud800"'],
  ['nothing', 'export const run = (a, b, three) => {}', 'null'],
  [
    'dates, and what says by itself how it is JSON',
    'export const run = (a, b, three) => [new Date(0), { toJSON: () => 1 }]',
    '["1970-01-01T00:00:00.000Z",1]',
  ],
  ['its own classes', 'class P { x = 1; #y = 2 }\nexport const run = (a, b, three) => new P()', '{"x":1}'],
  ['process.exit(0) as an end without a value', 'export const run = (a, b, three) => process.exit(0)', 'null'],
  [
    'its file and its name',
    'import { basename } from "node:path"\nexport const run = (a, b, three) => basename(import.meta.filename)',
    '"tested.js"',
  ],
  [
    'the kit',
    `${SDK}export const run = definePlugin({}, ({ args, kwargs }) => [args, kwargs])`,
    '[[1,"two"],{"three":3}]',
  ],
  [
    'the kit by require',
    'const { definePlugin } = require("@octopus/plugin-sdk")\nexports.run = definePlugin({}, ({ attempt, fence }) => [attempt, fence])',
    '[1,7]',
  ],
] as const

const AS_TEXT = [
  ['a NaN', 'NaN', 'NaN'],
  ['an infinity deep inside', '({ a: [Infinity] })', '{ a: [ Infinity ] }'],
  ['a large whole number', '10n ** 20n', '100000000000000000000n'],
  ['bytes', 'Buffer.from("x")', '<Buffer 78>'],
  ['a function', 'function f() {}', '[Function: f]'],
  ['an error', 'Object.assign(new Error("x"), { stack: "Error: x" })', '[Error: x]'],
  ['a circle', '(() => { const a = {}; a.a = a; return a })()', '<ref *1> { a: [Circular *1] }'],
] as const

const FAILURES = [
  [
    'an unknown action',
    'export const run = () => 1\nexport const validate = () => 1',
    { action: 'go' },
    /no action 'go'.*run, validate/,
  ],
  ['no action at all', 'const run = 1', {}, /Its actions: none: export a function/],
  [
    'an argument too many',
    'export function run(a) {}',
    { argsJson: '[1, 2]' },
    /do not fit: 2 were given by place.*run\(a\)/,
  ],
  [
    'a name that does not exist',
    'export const run = (a, { b } = {}) => 1',
    { kwargsJson: '{"c": 1}' },
    /no parameter c\. The action is run\(a, \{ b \}\)/,
  ],
  [
    'a value of the wrong type',
    `${SDK}export const run = definePlugin({ parameters: { path: 'string' } }, () => 1)`,
    { argsJson: '[1]' },
    /path must be of type string, not 1/,
  ],
  [
    'a package that is not there',
    'import _ from "lodash"\nexport const run = () => 1',
    {},
    /imports "lodash", which is on no client/,
  ],
  ['a file beside it', 'export const run = () => require("./other.js")', {}, /require is not defined/],
  ['an error while it is loaded', 'throw new Error("at the top")', {}, /at the top/],
  ['process.exit(3)', 'export const run = () => process.exit(3)', {}, /process\.exit\(3\)/],
  [
    'an exception in a callback',
    'export const run = () => new Promise(() => setTimeout(() => { throw new Error("later") }))',
    {},
    /later/,
  ],
  [
    'a rejection that nobody handles',
    'export const run = () => { Promise.reject(new Error("left")); return new Promise(() => {}) }',
    {},
    /left/,
  ],
  ['something thrown that is no error', 'export const run = () => { throw { a: 1 } }', {}, /\{ a: 1 \}/],
  ['endless recursion', 'export const run = () => run()', {}, /call stack/],
] as const

describe('a plugin in JavaScript', () => {
  for (const [what, source, valueJson] of RETURNED) {
    it(`may use ${what}`, async () => {
      const end = await bench.run(source, { language: 'javascript', ...given })
      assert.deepEqual(
        { end: end.end, reason: end.reason, valueJson: end.valueJson, valueKind: end.valueKind, error: end.error },
        { end: 'succeeded', reason: 'finished', valueJson, valueKind: 'json', error: null },
      )
    })
  }

  for (const [what, expression, text] of AS_TEXT) {
    it(`returns what is no JSON as text, marked: ${what}`, async () => {
      const end = await bench.run(`export const run = () => (${expression})`, { language: 'javascript' })
      assert.deepEqual([end.end, end.valueKind, end.value], ['succeeded', 'text', text])
    })
  }

  for (const [what, source, work, message] of FAILURES) {
    it(`fails with a clear message: ${what}`, async () => {
      const end = await bench.run(source, { language: 'javascript', ...work })
      assert.deepEqual([end.end, end.reason, end.valueJson], ['failed', 'exception', null])
      assert.match(end.error?.message ?? '', message)
      assert.doesNotMatch(end.error?.stack ?? '', /runner|node:internal/)
    })
  }

  it('shows an exception with a stack that begins in its own file, and with its cause', async () => {
    const source =
      'export function run() {\n  helper()\n}\nfunction helper() {\n  throw new RangeError("no such disk", { cause: new Error("why") })\n}\n'
    const end = await bench.run(source, { language: 'javascript' })
    assert.equal(end.error?.type, 'RangeError')
    const expected =
      'RangeError: no such disk\n    at helper (tested.js:5:9)\n    at run (tested.js:2:3)\nCaused by: Error: why\n    at helper (tested.js:5:49)\n    at run (tested.js:2:3)'
    assert.equal(end.error?.stack, expected)
  })

  it('has its syntax error shown in its place', async () => {
    for (const language of ['javascript', 'typescript'] as const) {
      const end = await bench.run('export const run = 1\nconst a = ;\n', { language })
      assert.match(end.error?.stack ?? '', /^tested\.[jt]s:2\n[^]*const a = ;\n +\^/)
    }
  })

  it('logs with a level, in order with what it prints', async () => {
    const source = `${SDK.replace('definePlugin', 'log')}export function run() {
  console.log('1')
  console.error('2')
  log.info('3 %s', 'three')
  log.warn('4')
  process.stdout.write('5\\n')
  log.error('6')
}`
    const end = await bench.run(source, { language: 'javascript' })
    const shown = end.pieces.map(({ stream, text }) => `${stream}:${text}`).join('')
    assert.equal(
      shown,
      'stdout:1\nstderr:2\nlog:INFO octopus: 3 three\nWARNING octopus: 4\nstdout:5\nlog:ERROR octopus: 6\n',
    )
  })

  it('whose heap grows beyond its limit has crashed, and says why', async () => {
    const source = 'export const run = () => { const all = []; for (;;) all.push(new Array(100_000).fill(0.5)) }'
    const end = await bench.run(source, { language: 'javascript' })
    assert.deepEqual([end.end, end.reason], ['failed', 'crashed'])
    assert.match(end.stderr, /heap out of memory/)
  })

  it('has none of the client’s handles open in its children', async () => {
    const source =
      'import { execSync } from "node:child_process"\nexport const run = () => Number(execSync("ls /dev/fd | wc -l"))'
    // Standard streams, and the folder that is being listed.
    assert.equal((await bench.run(source, { language: 'javascript' })).value, 4)
  })
})

describe('a plugin in TypeScript', () => {
  it('has its types taken out, and keeps its lines', async () => {
    const source = `${SDK}interface Report { readonly path: string }
export const run = definePlugin({ parameters: { path: 'string', warnAt: 90 } }, async ({ kwargs }): Promise<Report> => {
  if (kwargs.warnAt > 100) throw new RangeError('too much' satisfies string)
  return { path: kwargs.path as string }
})`
    assert.deepEqual((await bench.run(source, { language: 'typescript', argsJson: '["/"]' })).value, { path: '/' })
    const failed = await bench.run(source, { language: 'typescript', argsJson: '["/", 101]' })
    assert.match(failed.error?.stack ?? '', /^RangeError: too much\n {4}at tested\.ts:4:34/)
  })

  it('that is more than types says so', async () => {
    const end = await bench.run('enum A { x }\nexport const run = () => A.x', { language: 'typescript' })
    assert.match(end.error?.message ?? '', /enum is not supported/)
  })
})
