import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import {
  changedCrontab,
  crontabLine,
  cronFile,
  initScript,
  launchdPlist,
  scheduledTask,
  systemdUnit,
} from './boot-files.ts'
import { type BootFacts, chooseManager } from './choose-manager.ts'
import { commandOf, type Installation, MANAGERS, parseRecord, recordText, standardFolder } from './installation.ts'
import { isClientOn } from './node-processes.ts'
import { cronCommand, powershellText, shellWord, unitCommand, windowsWord, xmlText } from './quoting.ts'
import { serviceEntry } from './service-entry.ts'
import { windowsRemoval } from './windows-removal.ts'

const NASTY = `/home/o'neil & <"$x"> 100%`
const installed = (change: Partial<Installation> = {}): Installation => ({
  scope: 'machine',
  manager: 'systemd',
  folder: '/opt/octopus-client',
  program: ['/opt/octopus-client/app/octopus-client'],
  account: 'octopus-client',
  accountMade: true,
  lingerMade: true,
  ...change,
})
const ofUser = installed({ scope: 'user', account: null, accountMade: false })
const nasty = installed({ folder: NASTY, program: [`${NASTY}/app/octopus-client`] })
const SUPERVISOR = '/opt/octopus-client/app/supervise.sh'

describe('who starts the client at boot', () => {
  const bare: BootFacts = {
    platform: 'linux',
    scope: 'machine',
    systemd: false,
    userSystemd: false,
    initScripts: false,
    cronFolder: false,
    crontab: false,
  }
  const everything = { systemd: true, userSystemd: true, initScripts: true, cronFolder: true, crontab: true }
  const cases: [string, Partial<BootFacts>, string][] = [
    ['root with systemd', everything, 'systemd'],
    ['root without systemd', { ...everything, systemd: false }, 'cron-d'],
    ['root with old scripts alone', { initScripts: true }, 'init-d'],
    ['root with nothing', {}, 'none'],
    ['an account with systemd', { ...everything, scope: 'user' }, 'systemd-user'],
    ['an account whose systemd does not answer', { ...everything, scope: 'user', userSystemd: false }, 'crontab'],
    ['an account without cron', { ...everything, scope: 'user', userSystemd: false, crontab: false }, 'none'],
    ['root of a Mac', { platform: 'darwin' }, 'launchd'],
    ['an account of a Mac', { platform: 'darwin', scope: 'user' }, 'launchd-agent'],
    ['Windows', { platform: 'win32', scope: 'user' }, 'task-scheduler'],
  ]
  for (const [who, facts, manager] of cases) {
    it(`${who}: ${manager}`, () => assert.equal(chooseManager({ ...bare, ...facts }), manager))
  }
})

describe('a systemd unit', () => {
  it('of the machine runs as its account after the network is there, and rests when it was revoked', () => {
    const lines = systemdUnit(installed()).split('\n')
    for (const line of [
      'ExecStart="/opt/octopus-client/app/octopus-client" "--data-folder" "/opt/octopus-client/state"',
      'User=octopus-client',
      'Restart=always',
      'RestartPreventExitStatus=3',
      'After=network-online.target',
      'WantedBy=multi-user.target',
      'UMask=0077',
    ]) {
      assert.ok(lines.includes(line), line)
    }
    for (const line of lines) assert.match(line, /^(?:\[\w+\]|[A-Z]\w+=.+|)$/)
  })

  it('of an account names no account', () => {
    assert.doesNotMatch(systemdUnit(ofUser), /User=|network-online/)
    assert.match(systemdUnit(ofUser), /WantedBy=default\.target/)
  })
})

describe('a plist of launchd', () => {
  for (const [what, installation] of Object.entries({ plain: installed(), nasty, 'of an account': ofUser })) {
    it(`is well-formed: ${what}`, () => {
      const text = launchdPlist(installation, SUPERVISOR)
      const words = wellFormed(text)
      for (const word of commandOf(installation)) assert.ok(words.includes(xmlText(word)), word)
      assert.equal(text.includes('<key>UserName</key>'), installation.account !== null)
    })
  }
})

describe('a task of the Task Scheduler', () => {
  for (const [what, installation] of Object.entries({ machine: nasty, user: { ...nasty, scope: 'user' as const } })) {
    it(`is well-formed, never times out, and is tried again: ${what}`, () => {
      const text = scheduledTask(installation, 'PC\\Zoë & Co')
      wellFormed(text)
      assert.match(text, /<ExecutionTimeLimit>PT0S</)
      assert.match(text, /<Interval>PT5M</)
      assert.match(text, /<MultipleInstancesPolicy>IgnoreNew</)
      assert.equal(text.includes('PC\\Zoë &amp; Co'), what === 'user')
      assert.equal(text.includes('S-1-5-19'), what === 'machine')
    })
  }
})

describe('cron', () => {
  it('gets the account’s crontab back as it was, but for our line, however often it is installed', () => {
    const line = crontabLine(ofUser, SUPERVISOR)
    const before = 'MAILTO=me\n0 3 * * * backup # octopus-client\n'
    const once = changedCrontab(before, ofUser, line)
    assert.equal(once, `${before}${line}\n`)
    assert.equal(changedCrontab(once, ofUser, line), once)
    assert.equal(changedCrontab(once, ofUser, undefined), before)
    assert.equal(changedCrontab(changedCrontab('', ofUser, line), ofUser, undefined), '')
  })

  it('leaves the line of a client in another folder alone', () => {
    const other = { ...ofUser, folder: '/srv/other' }
    const both = changedCrontab(changedCrontab('', other, crontabLine(other, SUPERVISOR)), ofUser, undefined)
    assert.match(both, /\/srv\/other/)
  })

  it('of the machine names the account', () => {
    assert.match(cronFile(installed(), SUPERVISOR), /^@reboot octopus-client \/bin\/sh \/opt\/.*--data-folder \S+$/m)
  })
})

it('a script of /etc/init.d becomes the account before it starts anything', () => {
  assert.match(initScript(installed(), SUPERVISOR), /su -s \/bin\/sh -c '\/bin\/sh .* &' octopus-client/)
})

describe('what removes a program of Windows after its end', () => {
  const script = windowsRemoval("C:/Users/o'neil & co/OctopusClient").at(-1) ?? ''
  const inFolder = (name: string): string => `'C:\\Users\\o''neil & co\\OctopusClient${name}'`

  it('is read alike by cmd and by PowerShell', () => assert.doesNotMatch(script, /["\r\n]/))

  it('looks for the mark, then tries the program itself, then all of it, then the record and the folder', () => {
    const names = [String.raw`\app\removed`, String.raw`\app\bin`, String.raw`\app`, String.raw`\installed.json`, '']
    const places = names.map((name) => script.indexOf(`-LiteralPath ${inFolder(name)}`))
    assert.ok(!places.includes(-1), script)
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    )
  })

  it('removes with all that is in it nothing but the program: what a newer installation brought stays', () => {
    const whole = [...script.matchAll(/Remove-Item -LiteralPath ('(?:[^']|'')+') [^;{}]*-Recurse/g)].map(([, at]) => at)
    assert.deepEqual(whole, [inFolder(String.raw`\app\bin`), inFolder(String.raw`\app`)])
  })
})

describe('words that mean something elsewhere', () => {
  it('mean themselves', () => {
    assert.equal(shellWord("it's $(x)"), String.raw`'it'\''s $(x)'`)
    assert.equal(cronCommand(['a', '100%']), String.raw`a '100\%'`)
    assert.equal(unitCommand(['a b', '100%', '$x', String.raw`c:\x"`]), String.raw`"a b" "100%%" "$$x" "c:\\x\""`)
    assert.equal(xmlText('<&>"'), '&lt;&amp;&gt;&quot;')
    assert.equal(windowsWord('C:\\Program Files\\'), '"C:\\Program Files\\\\"')
    assert.equal(windowsWord('a"b c'), String.raw`"a\"b c"`)
    assert.equal(windowsWord('plain'), 'plain')
    assert.equal(powershellText("it's $x"), "'it''s $x'")
    assert.equal(powershellText('O\u2019Neil'), "'O\u2019\u2019Neil'", 'PowerShell ends a text at this one, too')
  })
})

describe('the entries', () => {
  for (const manager of MANAGERS) {
    it(`${manager}: whatever is given is taken back, and it is said in words`, () => {
      const installation = installed({ manager })
      const entry = serviceEntry({
        installation,
        homeFolder: '/home/a',
        uid: 1,
        userId: 'PC\\a',
        supervisor: SUPERVISOR,
      })
      assert.ok(entry.words.endsWith('.') && entry.words.length > 20)
      const starts = entry.start.length > 0 && manager !== 'init-d'
      assert.notEqual(starts, entry.supervised, 'somebody starts it now, and one alone')
      if (entry.start.length > 0) assert.ok([...entry.stop, ...entry.remove, ...entry.afterwards].length > 0)
      for (const { path } of entry.files) assert.match(path, /^(?:\/|[A-Z]:)/)
    })
  }
})

describe('the record of an installation', () => {
  it('is read as it was written', () => {
    assert.deepEqual(parseRecord(recordText(installed()), '/opt/octopus-client'), installed())
  })

  const broken = ['', '{}', '[]', 'null', '{"scope":"machine","manager":"systemd","program":[],"account":null}']
  for (const text of [...broken, recordText(installed({ account: 'x; rm -rf /' }))]) {
    it(`is none when it is ${text.slice(0, 40).replaceAll('\n', '') || 'empty'}`, () =>
      assert.equal(parseRecord(text, '/x'), undefined))
  }

  it('lies where its scope says', () => {
    const places = { homeFolder: '/home/a', env: { LOCALAPPDATA: 'C:\\Users\\a\\AppData\\Local' } }
    assert.equal(standardFolder('machine', { ...places, platform: 'linux' }), '/opt/octopus-client')
    assert.equal(standardFolder('user', { ...places, platform: 'linux' }), '/home/a/.local/share/octopus-client')
    assert.equal(standardFolder('user', { ...places, platform: 'win32' }), 'C:/Users/a/AppData/Local/OctopusClient')
    assert.equal(standardFolder('machine', { ...places, platform: 'win32' }), 'C:/Program Files/OctopusClient')
  })
})

describe('a process is ours only by the end of its command line', () => {
  const state = '/opt/octopus-client/state'
  const cases: [string, boolean][] = [
    [`/opt/octopus-client/app/node\0client.mjs\0--data-folder\0${state}\0`, true],
    [`/bin/sh\0supervise.sh\0log\0program\0--data-folder\0${state}\0`, true],
    [`vim\0${state}\0`, false],
    [`grep\0--data-folder ${state}\0`, false],
    [`node\0--data-folder\0${state}/other\0`, false],
    [`node\0enroll\0--data-folder\0${state}\0--token-file\0x\0`, false],
    ['', false],
  ]
  for (const [line, ours] of cases) {
    it(line.replaceAll('\0', ' ') || 'none', () => assert.equal(isClientOn(line, state), ours))
  }
})

/** Every tag is closed in order; answers the texts. Enough of XML for what we write. */
function wellFormed(xml: string): readonly string[] {
  const open: string[] = []
  const texts: string[] = []
  const body = xml.replace(/^<\?xml[^>]*\?>\s*(?:<!DOCTYPE[^>]*>)?/, '')
  for (const [, closing, name = '', self, text = ''] of body.matchAll(/<(\/?)([A-Za-z]+)[^<>]*?(\/?)>([^<>]*)/g)) {
    if (closing === '/') assert.equal(open.pop(), name)
    else if (self !== '/') open.push(name)
    assert.doesNotMatch(text, /&(?!(?:amp|lt|gt|quot);)/)
    texts.push(text)
  }
  assert.deepEqual(open, [])
  assert.ok(texts.length > 10)
  return texts
}
