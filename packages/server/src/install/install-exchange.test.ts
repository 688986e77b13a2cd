import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'

import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'

import { installScript } from './install-script.ts'
import { readTemplates } from './node-templates.ts'

const NOBODY = 65_534
/** Fails the moves whose numbers stand in `$BROKEN`; `cut` ends the script instead, as closing its terminal does. */
const PROGRAMS = `
system() { printf linux-x64; }
fetch() { [ -z "\${OFFLINE:-}" ] && cp "$ARCHIVE" "$2"; }
moves=0
mv() {
  moves=$((moves + 1))
  case " \${BROKEN:-} " in *" $moves "*) return 1 ;; *" cut-$moves "*) kill -HUP $$; return 1 ;; esac
  command mv "$@"
}
`

/** A client that writes down what it was called for, and may fail to be installed. */
const program = (name: string, installs = true): string =>
  `#!/bin/sh\necho "${name} $1" >>"$LOG"\n${installs ? '' : '[ "$1" != install-service ]'}\n`

describe('install.sh puts a program into its place', () => {
  let root = ''
  let folder = ''
  let log = ''
  let script = ''

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'octopus-exchange-'))
    log = join(root, 'log')
  })
  after(() => rmSync(root, { recursive: true, force: true }))
  beforeEach(() => {
    folder = mkdtempSync(join(root, 'client-'))
    chmodSync(folder, 0o755)
    rmSync(log, { force: true })
    pack(program('new'))
  })

  const archive = (): string => join(root, 'archive')
  const pack = (text: string): void => {
    const from = mkdtempSync(join(root, 'packed-'))
    writeFileSync(join(from, 'octopus-client'), text, { mode: 0o755 })
    execFileSync('tar', ['-czf', archive(), '-C', from, 'octopus-client'])
    const checksum = sha256Hex(readFileSync(archive())) as Checksum
    const built = { target: 'linux-x64', file: 'a.tar.gz', checksum, sizeBytes: 1 } as const
    const made = installScript(readTemplates()['install.sh'], 'http://pc:8000', {
      version: '2',
      node: '26.10.0',
      archives: [built],
    })
    script = made.replace('\nmain "$@"', `\n${PROGRAMS}\nmain "$@"`)
  }
  const putOld = (name = 'app'): void => {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'octopus-client'), program('old'), { mode: 0o755 })
    writeFileSync(join(folder, 'installed.json'), '{}')
  }
  const install = (env: Record<string, string> = {}, extra = ''): { code: number | null; said: string } => {
    const { status, stdout, stderr } = spawnSync('/bin/sh', ['-s', '--', '--scope', 'user', '--folder', folder], {
      input: script.replace('\nmain "$@"', `\n${extra}\nmain "$@"`),
      env: { PATH: '/usr/bin:/bin', HOME: root, LOG: log, ARCHIVE: archive(), OCTOPUS_TOKEN: 'octo1.x', ...env },
    })
    return { code: status, said: `${String(stdout)}${String(stderr)}` }
  }
  const inPlace = (): string =>
    (/echo "(\w+)/.exec(readFileSync(join(folder, 'app/octopus-client'), 'utf8')) ?? [])[1] ?? ''
  const called = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
  const BACK = ['new --version', 'old stop-service', 'old install-service']

  it('and leaves nothing else behind', () => {
    putOld()
    const { code, said } = install()
    assert.equal(code, 0, said)
    assert.equal(inPlace(), 'new')
    assert.deepEqual(called(), ['new --version', 'old stop-service', 'new install-service'])
    assert.deepEqual(readdirSync(folder).toSorted(), ['app', 'installed.json'])
  })

  for (const [what, broken] of [
    ['cannot be put aside', '1'],
    ['was put aside and the new one cannot follow', '2'],
    ['was put aside when the script was ended', 'cut-2'],
  ] as const) {
    it(`or the old one is back and runs, where it ${what}`, () => {
      putOld()
      const { code, said } = install({ BROKEN: broken })
      assert.notEqual(code, 0)
      assert.match(said, /The client that was here is in its place again/)
      assert.equal(inPlace(), 'old')
      assert.deepEqual(called(), BACK)
      assert.deepEqual(readdirSync(folder).toSorted(), ['app', 'installed.json'])
    })
  }

  it('or the old one is back and runs, where the new one does not start', () => {
    putOld()
    pack(program('new', false))
    const { code, said } = install()
    assert.notEqual(code, 0)
    assert.match(said, /the old one is back/)
    assert.equal(inPlace(), 'old')
  })

  it('and says where the old one is if even that fails; the next time finds it', () => {
    putOld()
    const { code, said } = install({ BROKEN: '2 3' })
    assert.notEqual(code, 0)
    assert.match(said, /app\.old.*run the line again/)
    assert.ok(existsSync(join(folder, 'app.old/octopus-client')))
    assert.notEqual(install({ OFFLINE: 'yes' }).code, 0)
    assert.equal(inPlace(), 'old')
  })

  it('without touching what was there, where nothing could be fetched', () => {
    putOld()
    assert.notEqual(install({ OFFLINE: 'yes' }).code, 0)
    assert.deepEqual(called(), [])
    assert.equal(inPlace(), 'old')
  })

  describe('of its own alone', () => {
    /** As root would see it: a folder of an account that is not root. */
    const asRoot = 'id() { echo 0; }'
    const giveAway = (path: string): void => {
      if (process.getuid?.() === 0) chownSync(path, NOBODY, NOBODY)
    }
    const refused = (extra: string, message: RegExp): void => {
      const { code, said } = install({}, extra)
      assert.notEqual(code, 0)
      assert.match(said, message)
      assert.deepEqual(called(), [], 'nothing in it was run')
    }

    it('not into a folder of somebody else', () => {
      refused('id() { echo 4242; }', /belongs to somebody else/)
    })
    it('not into a folder of a user, when root installs', () => {
      putOld()
      giveAway(folder)
      refused(asRoot, /belongs to somebody else/)
    })
    it('not below a folder of a user, when root installs', () => {
      giveAway(folder)
      folder = join(folder, 'deep', 'er')
      refused(asRoot, /belongs to somebody else/)
      assert.ok(!existsSync(folder))
    })
    it('not below a folder of a user by way of a link, when root installs', () => {
      giveAway(folder)
      mkdirSync(join(folder, 'there'))
      const link = `${folder}-link`
      symlinkSync(join(folder, 'there'), link)
      folder = join(link, 'octopus')
      refused(asRoot, /belongs to somebody else/)
    })
    it('not where the program in it is somebody else’s', () => {
      putOld()
      refused(
        'ls() { case "$2" in */app) echo drwxr-xr-x 2 4242 0 ;; *) command ls "$@" ;; esac; }',
        /app belongs to somebody else/,
      )
    })
    for (const [who, mode] of [
      ['its group', 0o775],
      ['everybody', 0o757],
      ['everybody, though each only their own,', 0o1777],
    ] as const) {
      it(`not into a folder that ${who} may write`, () => {
        putOld()
        chmodSync(folder, mode)
        refused('', /can be written by others.*chmod go-w/)
      })
    }
    it('not where a link points', () => {
      const link = `${folder}-link`
      symlinkSync(folder, link)
      folder = link
      refused('', /is a link/)
    })
    it('but into a new folder in a new folder, which others may read', () => {
      folder = join(folder, 'deep', 'er')
      assert.equal(install().code, 0)
      assert.equal(inPlace(), 'new')
    })
  })
})
