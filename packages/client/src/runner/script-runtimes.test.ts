import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { silentLog } from '@octopus/kit/log.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { openPluginBench } from '#runner/testing/plugin-bench.ts'

import { powershellCandidates, powershellCommand, powershellSearch } from './powershell-runtime.ts'
import { createFinder } from './program-finder.ts'
import { shellCandidates, shellSearch, wantedShell } from './shell-runtime.ts'

const bench = await openPluginBench()
leakCheck()

const WANTED = [
  ['echo', 'sh', []],
  ['#!/bin/bash -eu\necho', 'bash', ['-eu']],
  ['\uFEFF#!/usr/bin/env dash\n', 'dash', []],
  ['#!/usr/bin/env python3\n', 'sh', []],
] as const

const WINDOWS = { ProgramFiles: 'D:\\Programs', LOCALAPPDATA: 'C:\\Users\\ann\\AppData\\Local' }
const SHELLS = [
  ['/opt/zsh', 'bash', 'linux', ['/opt/zsh']],
  [undefined, 'bash', 'darwin', ['bash']],
  [
    undefined,
    'sh',
    'win32',
    [
      'D:\\Programs\\Git\\bin\\sh.exe',
      'D:\\Programs\\Git\\usr\\bin\\sh.exe',
      'C:\\Users\\ann\\AppData\\Local\\Programs\\Git\\bin\\sh.exe',
      'C:\\Users\\ann\\AppData\\Local\\Programs\\Git\\usr\\bin\\sh.exe',
    ],
  ],
] as const

const POWERSHELLS = [
  ['C:\\pwsh.exe', 'win32', ['C:\\pwsh.exe']],
  [undefined, 'win32', ['pwsh', 'powershell']],
  [undefined, 'linux', ['pwsh']],
] as const

const SHELL_ANSWERS = [
  ['octopus 5.2.15(1)-release\n', 'bash 5.2.15'],
  ['octopus \n', 'bash'],
  ['octopus\r\n', 'bash'],
  ['', undefined],
  ['Windows Subsystem for Linux has no installed distributions.', undefined],
] as const

const POWERSHELL_ANSWERS = [
  ['7.5.1\n', '7.5.1'],
  ['5.1.22621.4391\r\n', '5.1.22621.4391'],
  ['', undefined],
  ['pwsh: command not found', undefined],
] as const

describe('the interpreter of a script', () => {
  for (const [source, shell, args] of WANTED) {
    it(`is ${shell} ${args.join(' ')} for ${JSON.stringify(source)}`, () => {
      assert.deepEqual(wantedShell(source), { shell, args })
    })
  }

  for (const [setting, shell, platform, expected] of SHELLS) {
    it(`is looked for on ${platform}: ${shell}, with SHELL ${setting ?? 'not set'}`, () => {
      assert.deepEqual(
        shellCandidates(setting, shell, platform, WINDOWS).map(({ file }) => file),
        expected,
      )
    })
  }

  for (const [setting, platform, expected] of POWERSHELLS) {
    it(`is looked for on ${platform}: PowerShell, with POWERSHELL ${setting ?? 'not set'}`, () => {
      assert.deepEqual(
        powershellCandidates(setting, platform).map(({ file }) => file),
        expected,
      )
    })
  }

  for (const [answer, version] of SHELL_ANSWERS) {
    it(`is known by its answer: a shell that says ${JSON.stringify(answer)}`, async () => {
      const search = shellSearch(undefined, 'bash', 'linux', {})
      const found = await createFinder({ log: silentLog, run: () => Promise.resolve(answer) }, search).find()
      assert.equal(found?.version, version)
    })
  }

  for (const [answer, version] of POWERSHELL_ANSWERS) {
    it(`is known by its answer: a PowerShell that says ${JSON.stringify(answer)}`, async () => {
      const search = powershellSearch(undefined, 'win32')
      const found = await createFinder({ log: silentLog, run: () => Promise.resolve(answer) }, search).find()
      assert.equal(found?.version, version)
    })
  }

  it('that is missing is named, with what to install', () => {
    assert.match(shellSearch(undefined, 'sh', 'win32', {}).missing, /No sh was found.*Git for Windows.*set SHELL/)
    assert.match(
      powershellSearch(undefined, 'win32').missing,
      /pwsh, powershell\. Install PowerShell 7, or set POWERSHELL/,
    )
  })

  it('PowerShell is started without profile and questions, speaks UTF-8, and hands on the exit code', () => {
    const { file, args } = powershellCommand('powershell', 'win32')
    assert.deepEqual(
      [file, ...args.slice(0, 6)],
      ['powershell', '-NoLogo', '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-Command'],
    )
    assert.match(
      args.at(-1) ?? '',
      /OutputEncoding = .*UTF8Encoding.*& \$env:OCTOPUS_SCRIPT_FILE; .*exit \$LASTEXITCODE/,
    )
    assert.ok(!powershellCommand('pwsh', 'linux').args.includes('-ExecutionPolicy'))
  })
})

/** Stands in for PowerShell where there is none: shows what one would be given. */
const STAND_IN = `#!/bin/sh
case "$*" in *PSVersion*) echo 7.5.1; exit;; esac
cat > "$OUT.stdin"; cp "$OCTOPUS_SCRIPT_FILE" "$OUT.script"; cp "$OCTOPUS_ARGS_FILE" "$OUT.args"
echo "{\\"action\\": \\"$OCTOPUS_ACTION\\", \\"path\\": \\"$OCTOPUS_PARAM_path\\", \\"last\\": \\"$4\\"}"
`

describe('a PowerShell plugin, with a stand-in for PowerShell', () => {
  it('is given script, arguments and action, and answers with its last line', async () => {
    const program = join(bench.folder, 'pwsh')
    const out = join(bench.folder, 'given')
    await writeFile(program, STAND_IN.replaceAll('$OUT', out), { mode: 0o700 })
    const programs = { python: undefined, shell: undefined, powershell: program }
    const other = await openPluginBench({ programs })
    const source = '# octopus: param path=C:\\Temp — where\nWrite-Output "grüße"\n'
    const end = await other.run(source, { language: 'powershell', kwargsJson: '{"path": "D:/é"}' })
    assert.equal(end.error, null)
    assert.deepEqual(end.value, { action: 'run', path: 'D:/é', last: '-Command' })
    const given = '{"args":[],"kwargs":{"path":"D:/é"}}'
    assert.deepEqual([await readFile(`${out}.args`, 'utf8'), await readFile(`${out}.stdin`, 'utf8')], [given, given])
    // Windows PowerShell takes a file for UTF-8 only with the mark at its beginning.
    assert.equal(await readFile(`${out}.script`, 'utf8'), `\uFEFF${source}`)
    const languages = (await other.pool.runtimes()).map(({ language }) => language)
    assert.ok(languages.includes('powershell'))
  })
})

describe('a shell plugin', () => {
  it('has the arguments as it wants them: file, standard input, variables', async () => {
    const source = `#!/usr/bin/env bash
# octopus: param path
# octopus: param deep={"a": 1}
# octopus: param count=90
input=$(cat)
[ "$input" = "$(cat "$OCTOPUS_ARGS_FILE")" ] || exit 1
echo "[\\"$OCTOPUS_PARAM_path\\", $OCTOPUS_PARAM_deep, $OCTOPUS_PARAM_count, \\"$BASH_VERSION\\", $input]"`
    const kwargsJson = '{"count": 1.0}'
    const end = await bench.run(source, { language: 'shell', argsJson: '["/a b"]', kwargsJson })
    assert.match(end.valueJson ?? '', /^\["\/a b", \{"a":1\}, 1\.0, .*"count":1\.0\}\}\]$/, 'as it was written')
    const value = end.value as unknown[]
    assert.deepEqual(value.slice(0, 3), ['/a b', { a: 1 }, 1])
    assert.notEqual(value[3], '', 'the shell that the first line names')
    assert.deepEqual(value[4], { args: ['/a b'], kwargs: { path: '/a b', deep: { a: 1 }, count: 1 } })
  })

  it('is refused arguments that do not fit what it declares', async () => {
    const source = '# octopus: param path\necho 1'
    for (const [work, message] of [
      [{}, /path was not given; the parameters are: path/],
      [{ argsJson: '[1, 2]' }, /2 arguments were given by place/],
      [{ argsJson: '[1]', kwargsJson: '{"color": 1}' }, /There is no parameter color/],
      [{ argsJson: '[1]', kwargsJson: '{"path": 1}' }, /path was given by place and by name/],
    ] as const) {
      const end = await bench.run(source, { language: 'shell', ...work })
      assert.deepEqual([end.end, end.reason], ['failed', 'exception'])
      assert.match(end.error?.message ?? '', message)
    }
  })

  it('names a shell that is not there: runtime-missing', async () => {
    const end = await bench.run('#!/usr/bin/env ksh\necho 1', { language: 'shell' })
    if (end.end === 'succeeded') return
    assert.equal(end.reason, 'runtime-missing')
    assert.match(end.error?.message ?? '', /No ksh was found.*Install ksh/)
  })
})
