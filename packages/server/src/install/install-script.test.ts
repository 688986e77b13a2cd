import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'

import type { ClientBuilds } from '@octopus/protocol/client-build.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'

import { installScript, missingScript } from './install-script.ts'
import { readTemplates } from './node-templates.ts'

const BUILDS: ClientBuilds = {
  version: '0.1.0',
  node: '26.10.0',
  archives: [
    {
      target: 'linux-x64',
      file: 'octopus-client-0.1.0-linux-x64-a.tar.gz',
      checksum: 'a'.repeat(64) as Checksum,
      sizeBytes: 1,
    },
    {
      target: 'win-x64',
      file: 'octopus-client-0.1.0-win-x64-b.zip',
      checksum: 'b'.repeat(64) as Checksum,
      sizeBytes: 1,
    },
  ],
}
const templates = readTemplates()
const sh = installScript(templates['install.sh'], 'http://pc:8000', BUILDS)
const ps1 = installScript(templates['install.ps1'], 'http://pc:8000', BUILDS)

/** Runs a script as `curl … | sh` does, on a machine whose programs are what is said. */
function typed(script: string, args: readonly string[], programs = ''): { code: number; said: string } {
  try {
    const said = execFileSync('/bin/sh', ['-s', '--', ...args], {
      input: script.replace('main "$@"', `${programs}\nmain "$@"`),
      env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent/home' },
      stdio: 'pipe',
    })
    return { code: 0, said: String(said) }
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer }
    return { code: status, said: String(stderr) }
  }
}

describe('install.sh', () => {
  it('does nothing when its end is missing', () => {
    for (let part = 1; part < 20; part++) {
      const cut = sh.slice(0, Math.floor((sh.length * part) / 20))
      const { said } = typed(`${cut}\n`, [])
      assert.doesNotMatch(said, /Octopus client 0\.1\.0 for/)
    }
  })

  const refusals: [string, string[], string, RegExp][] = [
    ['an unknown option', ['--foo'], '', /no option --foo/],
    ['an option without its value', ['--folder'], '', /--folder needs a value/],
    ['a scope that is none', ['--scope', 'all'], '', /machine or user/],
    ['a folder that is not whole', ['--scope', 'user', '--folder', 'x'], '', /begin with \//],
    ['a token file that is not there', ['--scope', 'user', '--token-file', '/none'], '', /no file \/none/],
    ['another system', ['--scope', 'user'], 'uname() { echo SunOS; }', /no Octopus client for SunOS/],
    [
      'another processor',
      ['--scope', 'user'],
      'uname() { [ "$1" = -m ] && echo mips || echo Linux; }',
      /of the kind mips/,
    ],
    [
      'a system that was not built',
      ['--scope', 'user'],
      'uname() { [ "$1" = -m ] && echo arm64 || echo Darwin; }',
      /no client for macos-arm64.*--target macos-arm64/,
    ],
    ['no token and nobody to ask', ['--scope', 'user'], '', /No token was given|cannot be made/],
  ]
  for (const [what, args, programs, message] of refusals) {
    it(`says in one sentence what is wrong: ${what}`, () => {
      const script = what.startsWith('no token') ? sh.replaceAll('/dev/tty', '/nonexistent/tty') : sh
      const { code, said } = typed(script, args, programs)
      assert.notEqual(code, 0)
      assert.match(said, message)
    })
  }

  it('is a script that says what is missing where nothing was built', () => {
    const { code, said } = typed(missingScript('install.sh'), [])
    assert.equal(code, 1)
    assert.match(said, /npm run build:client/)
  })

  it('has the token on no command line', () => {
    for (const line of sh.split('\n')) {
      if (/\$\{?(?:token|OCTOPUS_TOKEN)\b/.test(line))
        assert.match(line, /OCTOPUS_TOKEN=\$token|^\s*token=|\[ -n /, line)
    }
  })
})

describe('install.ps1', () => {
  it('is whole: every bracket, quote and here-string is closed', () => assert.equal(openAtTheEnd(ps1), ''))

  it('notices what is not whole', () => {
    assert.equal(openAtTheEnd(`"a $($b -join ', ') c" (d)`), '')
    for (const broken of ['{', 'if ($x) { "a }', "'", '@{', '$(', "@'\nx"])
      assert.notEqual(openAtTheEnd(broken), '', broken)
  })

  it('calls one function, as its last line', () => {
    assert.match(ps1, /\nInstall-OctopusClient\n$/)
    const outside = ps1.replaceAll(/^function [\s\S]*?^}$/gm, '').replaceAll(/^\s*#.*$/gm, '')
    assert.equal(outside.trim(), 'Install-OctopusClient')
  })

  it('checks the checksum before it unpacks, and starts nothing before', () => {
    const order = [
      'Invoke-WebRequest',
      'Get-FileHash',
      'Expand-Archive',
      'Unblock-File',
      '--version',
      'stop-service',
      "Move-Program $app 'app.old'",
      "Move-Program $new 'app'",
      '    Start-Client\n',
    ]
    inOrder(order, ps1.indexOf('  try {\n    Invoke'))
  })

  it('puts the old program back and starts it, whatever ended the exchange, and removes it only beside a program', () => {
    const end = ps1.indexOf('  finally {')
    inOrder(
      [
        'if (-not (Test-Path -LiteralPath $app) -and (Test-Path -LiteralPath $old)) {',
        "Move-Program $old 'app'",
        'if ($stopped -and (Test-Path -LiteralPath $app)) {',
        'Start-Client',
        '$left = @($zip, $new)',
        'if (Test-Path -LiteralPath $app) { $left += $old }',
        'foreach ($path in $left)',
      ],
      end,
    )
    assert.equal(ps1.slice(end).split('Remove-Item').length - 1, 1)
    assert.match(ps1, /stop-service[^\n]*\n[^\n]*throw[^\n]*\n\s*\$stopped = \$true/)
  })

  it('puts back what an earlier one left aside before it removes anything', () => {
    inOrder(["Move-Program $old 'app' }", 'Remove-Item', 'Invoke-WebRequest'], ps1.indexOf('Start-Client {'))
  })

  it('refuses a folder that others may change, and sets the rights of all of it before anything is put there', () => {
    inOrder(
      ["if ($scope -eq 'machine') {", 'GetOwner', 'GetAccessRules', 'can be changed by others', 'New-Item'],
      ps1.indexOf('Start-Client {'),
    )
    inOrder(['& icacls $folder /inheritance:r /grant:r $grants', 'LASTEXITCODE', 'Move-Program', 'Invoke-WebRequest'])
    for (const [who, right] of [
      ['18', 'F'],
      ['32-544', 'F'],
      ['19', 'RX'],
      ['32-545', 'RX'],
    ] as const) {
      assert.ok(ps1.includes(`'*S-1-5-${who}:(OI)(CI)${right}'`), who)
    }
  })

  it('hands the token over by the environment alone, and takes it back', () => {
    assert.doesNotMatch(ps1, /install-service[^\n]*\$token/)
    assert.match(ps1, /finally \{\s*\$env:OCTOPUS_TOKEN = \$null/)
  })
})

/** Each of the words stands after the one before it. */
function inOrder(words: readonly string[], from = 0): void {
  let at = from
  assert.ok(at >= 0)
  for (const word of words) {
    const found = ps1.indexOf(word, at)
    assert.ok(found >= 0, `${word} is not where it must be`)
    at = found + word.length
  }
}

/** What PowerShell would still wait for at the end: enough of its grammar for what we write. Empty when it is whole. */
function openAtTheEnd(script: string): string {
  const open: string[] = []
  const closers: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']' }
  for (let at = 0; at < script.length; at++) {
    const char = script[at] ?? ''
    const inText = open.at(-1) === '"'
    if (script.startsWith("@'\n", at) && !inText) {
      const end = script.indexOf("\n'@", at)
      if (end < 0) return "@'"
      at = end + 2
    } else if (char === '`') at++
    else if (inText && char === '"') open.pop()
    else if (char === '"') open.push(char)
    else if (inText && script.startsWith('$(', at)) {
      open.push(')')
      at++
    } else if (inText) continue
    else if (char === '#') at = Math.max(at, script.indexOf('\n', at))
    else if (char === "'") {
      const end = script.indexOf("'", at + 1)
      if (end < 0) return "'"
      at = end
    } else if (closers[char] !== undefined) open.push(closers[char])
    else if ('})]'.includes(char) && open.pop() !== char) return `a ${char} too many at ${at}`
  }
  return open.join('')
}
