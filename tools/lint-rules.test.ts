import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { ROOT } from './root.ts'
import { runCommand } from './run-command.ts'

/** One violation for each rule that matters most, in a place where it holds: a rule that no longer fires is seen here. */
const VIOLATIONS = [
  { rule: 'no-floating-promises', text: 'Promise.resolve(1)\n' },
  {
    rule: 'no-misused-promises',
    text: 'export const f = (a: string[]) => a.forEach(async () => Promise.resolve(1))\n',
  },
  {
    rule: 'switch-exhaustiveness-check',
    text: "export function f(a: 'x' | 'y'): void { switch (a) { case 'x': f('y') } }\n",
  },
  { rule: 'consistent-type-imports', text: "import { Server } from 'node:net'\nexport type A = Server\n" },
  { rule: 'no-unused-vars', text: 'const a = 1\n' },
  { rule: 'no-restricted-properties', text: 'export const a = Date.now()\n' },
  { rule: 'no-restricted-properties', text: 'export const a = Math.random()\n' },
  { rule: 'no-restricted-properties', text: "export const a = process.env['A']\n" },
  { rule: 'no-restricted-globals', text: 'export const a = setTimeout(() => {}, 1)\n' },
  { rule: 'no-default-export', text: 'export default 1\n' },
  { rule: 'no-explicit-any', text: 'export const a = (b: any) => b\n' },
  { rule: 'max-lines', text: 'export {}\n'.repeat(401) },
] as const

describe('the lint rules', () => {
  let folder = ''
  let output = ''
  before(async () => {
    // Outside the repository, so that neither its checks nor its .gitignore meet these files.
    folder = await mkdtemp(join(tmpdir(), 'octopus-lint-'))
    for (const name of ['.oxlintrc.json', 'tsconfig.json', 'tsconfig.base.json']) {
      await cp(join(ROOT, name), join(folder, name))
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction')
    await Promise.all(VIOLATIONS.map(({ text }, index) => write(`packages/server/src/v${index}.ts`, text)))
    await write('packages/server/src/cycle-a.ts', "import { b } from './cycle-b.ts'\nexport const a = () => b()\n")
    await write(
      'packages/server/src/cycle-b.ts',
      "import { a } from './cycle-a.ts'\nexport const b = (): unknown => a()\n",
    )
    await write(
      'packages/server/src/clean.test.ts',
      "import { test } from 'node:test'\ntest('a', async () => {})\nexport const a = Date.now()\n",
    )
    await write('packages/server/src/main.ts', "export const a = process.env['A']\n")
    const command = [process.execPath, join(ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint'), '-f', 'unix', 'packages']
    output = (await runCommand(command, { cwd: folder, timeoutMs: 60_000 })).output
  })
  after(() => rm(folder, { recursive: true }))

  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const complaintsAbout = (file: string): string[] => output.split('\n').filter((line) => line.includes(file))

  for (const [index, { rule, text }] of VIOLATIONS.entries()) {
    it(`${rule} is seen in: ${text.slice(0, 60).trim()}`, () => {
      assert.ok(
        complaintsAbout(`v${index}.ts`).some((line) => line.includes(rule)),
        output,
      )
    })
  }

  it('a cycle of imports is seen', () => {
    assert.ok(
      complaintsAbout('cycle-a.ts').some((line) => line.includes('no-cycle')),
      output,
    )
  })

  it('what tests and main.ts may do is let pass', () => {
    assert.deepEqual([...complaintsAbout('clean.test.ts'), ...complaintsAbout('main.ts')], [])
  })
})
