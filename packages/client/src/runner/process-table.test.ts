import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import { inheritedMark, readInheritedMark } from './inherited-mark.ts'
import { membersOf, type ProcessEntry } from './process-table.ts'
import { createLinuxProcesses, parseProcess, type ProcFiles } from './processes-linux.ts'
import { parsePs } from './processes-macos.ts'
import { parseProcesses } from './processes-windows.ts'
import { killTree } from './tree.ts'

const SELF = 50

function entry(pid: number, more: Partial<ProcessEntry> = {}): ProcessEntry {
  return { pid, parent: 1, group: pid, startedAt: '1', zombie: false, client: undefined, runner: undefined, ...more }
}

const MEMBERS = [
  ['the group', [entry(60), entry(61, { group: 60 })], { group: 60 }, [60, 61]],
  [
    'what has the runner’s mark, wherever it went',
    [entry(70, { runner: 'a/1' }), entry(71, { runner: 'a/2' })],
    { runner: 'a/1' },
    [70],
  ],
  ['what has the client’s mark', [entry(70, { client: 'a' }), entry(71, { client: 'b' })], { client: 'a' }, [70]],
  [
    'what inherited the runner’s mark, without environment, group and session',
    [entry(70, { inherited: inheritedMark('a/1') }), entry(71, { inherited: inheritedMark('a/2') })],
    { runner: 'a/1' },
    [70],
  ],
  [
    'what inherited the mark of any runner of the client',
    [entry(70, { inherited: inheritedMark('a/1') }), entry(71, { inherited: inheritedMark('b/1') })],
    { client: 'a' },
    [70],
  ],
  [
    'what descends from those, whatever its marks',
    [entry(73, { parent: 72 }), entry(72, { parent: 70 }), entry(70, { runner: 'a/1' })],
    { runner: 'a/1' },
    [70, 72, 73],
  ],
  [
    'no dead process that only waits to be noticed',
    [entry(60, { zombie: true }), entry(61, { group: 60 })],
    { group: 60 },
    [61],
  ],
  ['never the first process of the system', [entry(1, { client: 'a' })], { client: 'a' }, []],
  [
    'never the client, nor its own group',
    [entry(SELF, { client: 'a' }), entry(51, { group: SELF, client: 'a' })],
    { client: 'a' },
    [],
  ],
  ['nothing when nothing is asked', [entry(60)], {}, []],
] as const

describe('the members of a process tree', () => {
  for (const [what, entries, query, expected] of MEMBERS) {
    it(`are ${what}`, () => {
      const all = entries.some(({ pid }) => pid === SELF) ? entries : [...entries, entry(SELF)]
      const pids = membersOf(all, query, SELF).map(({ pid }) => pid)
      assert.deepEqual(
        pids.toSorted((a, b) => a - b),
        expected,
      )
    })
  }
})

describe('the list of processes', () => {
  it('is read on Linux, even with odd names of programs', () => {
    const stat = `42 (a) b) c) S 7 40 40 ${'0 '.repeat(15)}777 0 0`
    assert.deepEqual(parseProcess(stat, 'A=1\0OCTOPUS_CLIENT=abc\0OCTOPUS_ATTEMPT=abc/1\0'), {
      pid: 42,
      parent: 7,
      group: 40,
      startedAt: '777',
      zombie: false,
      client: 'abc',
      runner: 'abc/1',
    })
    assert.equal(parseProcess(stat.replace('c) S', 'c) Z'), '')?.zombie, true)
    assert.equal(parseProcess('42 (x) S', ''), undefined)
  })

  it('shows what was inherited on Linux, and no limit that somebody else has set', () => {
    const limits = (soft: string): string =>
      `Max data size   unlimited\nMax resident set          ${soft}  ${soft}  bytes     \n`
    assert.equal(readInheritedMark(limits(String(inheritedMark('abc/1')))), inheritedMark('abc/1'))
    assert.ok(inheritedMark('abc/1') < 2n ** 63n)
    for (const other of ['unlimited', '1073741824', '18446744073709551614', '']) {
      assert.equal(readInheritedMark(limits(other)), undefined)
    }
  })

  it('is read on macOS', () => {
    const text = [
      '  501     1   501 Ss   Mon Nov 23 09:01:02 2026 /usr/bin/python3 -B run.py OCTOPUS_CLIENT=abc OCTOPUS_ATTEMPT=abc/1 HOME=/Users/ann',
      '  502   501   501 Z+   Mon Nov  3 09:01:02 2026 (python3)',
      'nonsense',
    ].join('\n')
    const [first, second, third] = parsePs(text)
    assert.deepEqual(first, {
      pid: 501,
      parent: 1,
      group: 501,
      startedAt: 'Mon Nov 23 09:01:02 2026',
      zombie: false,
      client: 'abc',
      runner: 'abc/1',
    })
    assert.deepEqual([second?.zombie, second?.runner, third], [true, undefined, undefined])
  })

  it('is read on Windows, from one row as from many', () => {
    const CommandLine = '"C:\\Python\\python.exe" -B -u "C:\\Octopus\\octopus_runner.py" --mark=abc/1'
    const row = { ProcessId: 5, ParentProcessId: 4, CommandLine, Started: 638990000000000000 }
    const expected = entry(5, { parent: 4, group: 0, startedAt: '638990000000000000', client: 'abc', runner: 'abc/1' })
    assert.deepEqual(parseProcesses(JSON.stringify(row)), [expected])
    const node = { ...row, CommandLine: '"C:\\Octopus\\node.exe" "C:\\Octopus\\node\\octopus-runner.mjs" --mark=abc/1' }
    assert.deepEqual(parseProcesses(JSON.stringify(node)), [expected])
    const other = { ProcessId: 6, ParentProcessId: 5, CommandLine: null, Started: null }
    assert.deepEqual(
      parseProcesses(JSON.stringify([row, other, null])).map(({ pid, runner }) => [pid, runner]),
      [
        [5, 'abc/1'],
        [6, undefined],
      ],
    )
  })
})

/** One process: what reading each of its files gives, or the code it fails with. */
function procOf(pid: number, texts: Readonly<Record<string, string>>): ProcFiles {
  return {
    list: async () => ['self', String(pid)],
    read: async (path) => {
      const text = texts[path.slice(`/proc/${pid}/`.length)] ?? 'ENOENT'
      if (/^E[A-Z]+$/.test(text)) throw Object.assign(new Error(text), { code: text })
      return text
    },
  }
}

describe('the list of processes on Linux', () => {
  const stat = `42 (a) S 7 40 40 ${'0 '.repeat(15)}777 0 0`
  const environ = 'OCTOPUS_ATTEMPT=abc/1\0'
  const limits = `Max resident set  ${inheritedMark('abc/1')}  ${inheritedMark('abc/1')}  bytes\n`

  for (const code of ['ENOENT', 'ESRCH', 'EACCES', 'EPERM']) {
    it(`leaves out a process that is gone or not ours: ${code}`, async () => {
      assert.deepEqual(await createLinuxProcesses(procOf(42, { stat: code, environ: code })).list(), [])
    })
  }

  for (const code of ['EMFILE', 'ENFILE', 'ENOMEM']) {
    for (const file of ['stat', 'environ', 'limits']) {
      it(`is none when the client lacks something to read it: ${code} at ${file}`, async () => {
        const files = procOf(42, { stat, environ: 'A=1', limits, [file]: code })
        await assert.rejects(createLinuxProcesses(files).list(), { code })
      })
    }
  }

  it('shows what a process inherited that hides its environment, if it may be ended', async () => {
    const own = stat.replace('42', String(process.pid))
    const [found] = await createLinuxProcesses(procOf(process.pid, { stat: own, environ: 'EACCES', limits })).list()
    assert.equal(found?.inherited, inheritedMark('abc/1'))
  })

  it('proves nothing while it cannot be read', async () => {
    const clock = createHandClock()
    const texts = { stat, environ: 'EMFILE' }
    const processes = { ...createLinuxProcesses(procOf(42, texts)), kill: async () => void (texts.stat = 'ENOENT') }
    let gone: number | undefined
    void killTree({ clock, log: createCapturedLog(), processes }, { runner: 'abc/1' }).then((count) => (gone = count))
    await clock.advance(10_000)
    assert.equal(gone, undefined)
    texts.environ = environ
    await clock.advance(10_000)
    assert.equal(gone, 1)
  })
})
