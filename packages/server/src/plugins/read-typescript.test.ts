import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { readTypeScript } from './read-typescript.ts'

const named = (source: string) =>
  readTypeScript('typescript', source).actions.map(
    ({ name, parameters }) => `${name}(${parameters.map(short).join(', ')})`,
  )

/** `name` required, `name?` optional, `name=default`, `*` rest, `**` any name, `-name` by name only. */
function short(one: ReturnType<typeof readTypeScript>['actions'][number]['parameters'][number]): string {
  const mark = { positional: '', 'named-only': '-', rest: '*', 'named-rest': '**' }[one.kind]
  const type = one.type === 'unknown' ? '' : `:${one.type}`
  const value = one.hasDefault ? `=${JSON.stringify(one.default)}` : one.required || mark.startsWith('*') ? '' : '?'
  return `${mark}${one.name}${type}${value}`
}

const ACTIONS = [
  ['export function run() {}', ['run()']],
  [
    'export async function run(path: string, warnAt = 90, ...more: string[]) {}',
    ['run(path:string, warnAt:number=90, *more)'],
  ],
  ['export const run = (a?: number | undefined, b = -1.5, c = compute()) => a', ['run(a:number?, b:number=-1.5, c?)']],
  ['export const run = async function (x: string[]) {}, validate = x => x', ['run(x:list)', 'validate(x)']],
  ['export const run = (async () => 1) satisfies Action', ['run()']],
  [
    "export function run({ path = '/', dry, 'x-y': z = 1, ...rest }: { path?: string; dry: boolean }) {}",
    ['run(-path:string="/", -dry:boolean, -x-y:number=1, **rest)'],
  ],
  ['export function run({ a, b }: { a?: number; b: "x" | "y" } = {}) {}', ['run(-a:number?, -b:string)']],
  ['export function run(this: void, a: Record<string, number>, [b]: number[]) {}', ['run(a:object, arg2:list)']],
  ['function one() {}\nconst two = () => 2\nexport { one as run, two }', ['run()', 'two()']],
  ['export default async (a) => a', ['run(a)']],
  ['async function go(b) {}\nexport default go', ['run(b)']],
  ['export default { run() {}, validate: (a) => a }', ['run()', 'validate(a)']],
  ['module.exports = { run, validate: (a) => 1 }\nfunction run(x) {}', ['run(x)', 'validate(a)']],
  ['exports.run = function (a) {}; module.exports.other = () => 1', ['run(a)', 'other()']],
  [
    'export function _own() {}\nexport class A {}\nexport type T = string\nexport const n = 1\nexport function run() {}',
    ['run()'],
  ],
  ['export { readFile } from "node:fs"\nexport const run = () => 1', ['run()']],
] as const

const DEFINED = [
  ["{ parameters: { path: 'string', warnAt: 90 } }", 'path:string, warnAt:number=90'],
  [
    "{ parameters: { greeting: 'hello', tags: [], dry: false } }",
    'greeting:string="hello", tags:list=[], dry:boolean=false',
  ],
  [
    "{ parameters: { 'a-b': { type: 'integer' }, o: { type: 'object', default: { x: 1 } } } }",
    'a-b:integer, o:object={"x":1}',
  ],
  ['{ parameters: { later: somewhere, far: { default: other } } }', 'later?, far?'],
  ['{ parameters: {} }', ''],
  ['{}', '*args, **kwargs'],
] as const

const PROBLEMS = [
  ['export function run() {\n  const a = ;\n}', 2, /This is not TypeScript: ";/],
  ['export function run() {', 1, /ends in the middle/],
  ['export function run() {}\nenum Level { low }', 2, /An enum cannot be run/],
  ['namespace N { export const a = 1 }\nexport function run() {}', 1, /A namespace cannot be run/],
  ['class A {\n  constructor(private x: number) {}\n}\nexport function run() {}', 2, /parameter cannot be a property/],
  ['export const run = () => <string>x', 1, /cast like <T>value/],
  ["import _ from 'lodash'\nexport const run = () => 1", 1, /"lodash" is on no client/],
  ["import { a } from './other.ts'\nexport const run = () => 1", 1, /"\.\/other\.ts" is on no client/],
  ['const run = () => 1', 1, /There is no action: export a function/],
] as const

describe('a plugin in TypeScript', () => {
  for (const [source, expected] of ACTIONS) {
    it(`has the actions it exports: ${source}`, () => {
      assert.deepEqual(named(source), expected)
      assert.deepEqual(readTypeScript('typescript', source).problems, [])
    })
  }

  for (const [options, expected] of DEFINED) {
    it(`declares its parameters by definePlugin: ${options}`, () => {
      const source = `import { definePlugin } from '@octopus/plugin-sdk'\nexport const run = definePlugin(${options}, async () => 1)`
      assert.deepEqual(named(source), [`run(${expected})`])
    })
  }

  for (const [source, line, message] of PROBLEMS) {
    it(`is refused in its place: ${source}`, () => {
      const { problems } = readTypeScript('typescript', source)
      assert.equal(problems[0]?.line, line)
      assert.match(problems[0]?.message ?? '', message)
    })
  }

  it('may declare its parameters once for several actions', () => {
    const source = `import { definePlugin } from '@octopus/plugin-sdk'
const LIMIT = 90
const parameters = { path: 'string', warnAt: LIMIT, far: somewhere } as const
export const run = definePlugin({ parameters }, () => 1)
export const validate = definePlugin({ doc: 'Only looks.', parameters: parameters }, () => 1)`
    const list = 'path:string, warnAt:number=90, far?'
    assert.deepEqual(named(source), [`run(${list})`, `validate(${list})`])
    assert.equal(readTypeScript('typescript', source).actions[1]?.doc, 'Only looks.')
  })

  it('may call definePlugin by another name', () => {
    for (const [how, call] of [
      ['{ definePlugin as make }', 'make'],
      ['* as sdk', 'sdk.definePlugin'],
    ] as const) {
      const source = `import ${how} from '@octopus/plugin-sdk'\nexport default ${call}<X>({ parameters: { a: 1 } }, () => 1)`
      assert.deepEqual(named(source), ['run(a:number=1)'])
    }
  })

  it('may import types from anywhere, and declare what is elsewhere: both vanish', () => {
    const source =
      "import type { X } from 'x'\ndeclare enum E { a }\nimport fs from 'node:fs'\nimport os from 'os'\nexport const run = () => 1"
    assert.deepEqual(readTypeScript('typescript', source).problems, [])
  })

  it('gives the texts of its comments', () => {
    const source =
      '/**\n * The disk.\n */\n\nimport os from "node:os"\n\n/** Looks.\n *\n *  - twice\n */\nexport function run() {}\n// no\nexport const go = () => 1'
    const { doc, actions } = readTypeScript('typescript', source)
    assert.deepEqual([doc, ...actions.map((action) => action.doc)], ['The disk.', 'Looks.\n\n - twice', ''])
    assert.equal(readTypeScript('javascript', '// One\n// two\nexport function run() {}').doc, 'One\ntwo')
    assert.equal(readTypeScript('javascript', '/** Its own. */\nexport function run() {}').doc, '')
  })

  it('in JavaScript has no types', () => {
    const { problems } = readTypeScript('javascript', 'export function run(a: string) {}')
    assert.match(problems[0]?.message ?? '', /This is not JavaScript/)
  })

  it('is read as the samples are written', async () => {
    const source = await readFile(join(import.meta.dirname, '../../../../plugins/disk_report.ts'), 'utf8')
    const { doc, problems } = readTypeScript('typescript', source)
    assert.deepEqual([doc, problems], ['Reports how full a disk is: a sample in TypeScript.', []])
    assert.deepEqual(named(source), [
      'run(path:string="", warnAt:number=90)',
      'validate(path:string="", warnAt:number=90)',
    ])
  })

  it('is read in time that its length explains, whatever was made of it', { timeout: 60_000 }, () => {
    for (const source of [
      'f('.repeat(400_000),
      `export const a = ${'['.repeat(20_000)}`,
      '/*'.repeat(400_000),
      'import a from "b"\n'.repeat(50_000),
    ]) {
      assert.ok(readTypeScript('typescript', source).problems.length > 0)
    }
  })
})
