import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { gunzipSync, inflateRawSync } from 'node:zlib'

import { CLIENT_TARGETS } from '@octopus/protocol/client-build.ts'

import { packArchive } from './client-archive.ts'
import { bundleClient } from './client-bundle.ts'
import { TARGETS, targetOf } from './client-targets.ts'
import { fits } from './node-binary.ts'
import { runCommand } from './run-command.ts'
import { type ArchiveEntry, fileInTar, tarBlocks } from './tar-archive.ts'

const entry = (name: string, text: string, executable = false): ArchiveEntry => ({
  name,
  content: Buffer.from(text),
  executable,
})
const PARTS = {
  stable: [{ ...entry('node', 'a large program '.repeat(100), true), key: 'key' }],
  own: [entry('client.mjs', 'program'), entry('python/runner.py', 'x'.repeat(512)), entry('empty', '')],
}

function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'octopus-archive-'))
  try {
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('an archive of the client', () => {
  for (const kind of ['tar.gz', 'zip'] as const) {
    it(`as ${kind} is the same bytes whenever it is built, with and without the cache`, () => {
      const first = inFolder((folder) => [packArchive(kind, PARTS, folder), packArchive(kind, PARTS, folder)])
      const second = inFolder((folder) => packArchive(kind, PARTS, folder))
      assert.ok(first[0]?.equals(first[1] as Buffer))
      assert.ok(first[0]?.equals(second))
    })
  }

  it('as tar.gz holds every file, and the system’s tar reads all of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'octopus-archive-'))
    const bytes = packArchive('tar.gz', PARTS, folder)
    const tar = gunzipSync(bytes)
    for (const { name, content } of [...PARTS.stable, ...PARTS.own]) assert.deepEqual(fileInTar(tar, name), content)
    assert.equal(fileInTar(tar, 'nothing'), undefined)
    writeFileSync(join(folder, 'a.tar.gz'), bytes)
    const end = await runCommand(['tar', '-tzvf', join(folder, 'a.tar.gz')])
    rmSync(folder, { recursive: true, force: true })
    assert.equal(end.code, 0, end.output)
    const listed = end.output.trim().split('\n')
    assert.deepEqual(
      listed.map((line) => [line.slice(0, 10), line.split(' ').at(-1)]),
      [
        ['-rwxr-xr-x', 'node'],
        ['-rw-r--r--', 'client.mjs'],
        ['-rw-r--r--', 'python/runner.py'],
        ['-rw-r--r--', 'empty'],
      ],
    )
  })

  it('as zip lists every file where it lies, with size and checksum', () => {
    const bytes = inFolder((folder) => packArchive('zip', PARTS, folder))
    const end = bytes.length - 22
    assert.equal(bytes.readUInt32LE(end), 0x06054b50)
    let at = bytes.readUInt32LE(end + 16)
    for (const { name, content } of [...PARTS.stable, ...PARTS.own]) {
      assert.equal(bytes.readUInt32LE(at), 0x02014b50)
      const [packed, size, named] = [
        bytes.readUInt32LE(at + 20),
        bytes.readUInt32LE(at + 24),
        bytes.readUInt16LE(at + 28),
      ]
      assert.deepEqual([bytes.toString('utf8', at + 46, at + 46 + named), size], [name, content.length])
      const local = bytes.readUInt32LE(at + 42)
      assert.equal(bytes.readUInt32LE(local), 0x04034b50)
      const from = local + 30 + bytes.readUInt16LE(local + 26)
      assert.deepEqual(inflateRawSync(bytes.subarray(from, from + packed)), content)
      at += 46 + named
    }
    assert.equal(at, end)
  })

  it('refuses a name that would be cut', () => {
    assert.throws(() => tarBlocks(entry('x'.repeat(101), '')), /too long/)
  })
})

describe('the targets', () => {
  const machines: [string, string, string | undefined][] = [
    ['linux', 'x64', 'linux-x64'],
    ['linux', 'arm64', 'linux-arm64'],
    ['darwin', 'arm64', 'macos-arm64'],
    ['darwin', 'x64', 'macos-x64'],
    ['win32', 'x64', 'win-x64'],
    ['win32', 'arm64', undefined],
    ['freebsd', 'x64', undefined],
  ]
  for (const [platform, arch, target] of machines) {
    it(`${platform} ${arch} is ${target ?? 'none of them'}`, () => assert.equal(targetOf(platform, arch), target))
  }

  it('have each a package of Node of their own', () => {
    assert.equal(new Set(CLIENT_TARGETS.map((target) => TARGETS[target].nodePackage)).size, CLIENT_TARGETS.length)
  })

  for (const target of CLIENT_TARGETS) {
    it(`${target}: the client is one readable file that imports nothing but Node's own, and its runners`, async () => {
      const files = await bundleClient(target)
      const names = files.map(({ name }) => name)
      const windows = target === 'win-x64'
      assert.ok(names.includes('client.mjs') && names.includes('python/octopus_runner.py') && names.includes('LICENSE'))
      assert.equal(names.includes('supervise.sh'), !windows)
      assert.ok(names.includes(windows ? 'octopus-client.cmd' : 'octopus-client'))
      for (const part of ['client.mjs', 'node/octopus-runner.mjs']) {
        const script = files.find(({ name }) => name === part)?.content.toString() ?? ''
        const imported = [...script.matchAll(/^import\b[^"';]*["']([^"']+)["']/gm)].map(([, from]) => from ?? '')
        assert.ok(imported.length > 3, 'the test does not understand the imports any more')
        assert.deepEqual(
          imported.filter((from) => !from.startsWith('node:')),
          [],
        )
        assert.ok(script.split('\n').length > 500, 'it is packed')
      }
    })
  }
})

describe('what the registry gives', () => {
  it('is used only with the checksum of the lock file', () => {
    const sha512 = 'sha512-m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw=='
    assert.ok(fits(Buffer.from('hello'), sha512))
    assert.ok(!fits(Buffer.from('hellO'), sha512))
    assert.ok(!fits(Buffer.from('hello'), sha512.replace('sha512', 'sha1')))
    assert.ok(!fits(Buffer.from('hello'), ''))
  })
})
