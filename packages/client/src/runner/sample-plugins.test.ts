import assert from 'node:assert/strict'
import { lutimes, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { openPluginBench } from '#runner/testing/plugin-bench.ts'

import type { RunnerWork } from './runner.ts'

const bench = await openPluginBench()
leakCheck()
const skip = !(await bench.pool.runtimes()).some(({ language }) => language === 'python') && 'no Python on this machine'

const PLUGINS = join(import.meta.dirname, '../../../../plugins')

async function run(file: string, kwargs: object, work: Partial<RunnerWork> = {}) {
  const [plugin = '', extension = 'py'] = file.split('.')
  const source = await readFile(join(PLUGINS, `${plugin}.${extension}`), 'utf8')
  const language = ({ ts: 'typescript', sh: 'shell', ps1: 'powershell' } as const)[extension] ?? 'python'
  return bench.run(source, { plugin, language, kwargsJson: JSON.stringify(kwargs), ...work })
}

describe('the sample plugins', { skip }, () => {
  it('create an incident', async () => {
    const end = await run('create_incident', { title: 'Printer on fire', priority: 'critical' })
    assert.match(JSON.stringify(end.value), /"status":"success".*"id":"INC-[0-9A-F]{8}","title":"Printer on fire"/)
    assert.match(end.logged, /^INFO octopus: incident INC-.* created: Printer on fire \(critical\)\nWARNING octopus: /)
    assert.equal((await run('create_incident', { priority: 'urgent' })).reason, 'status-error')
  })

  it('do a task, and validate its arguments', async () => {
    const done = await run('my_bau_task', { ticket: 7 }, { argsJson: '["a"]' })
    assert.equal(done.value, 'BAU task completed: collect, check, report')
    assert.match(done.logged, /^INFO octopus: started with args=\('a',\) kwargs=\{'ticket': 7\}\n/)
    assert.equal((await run('my_bau_task', {}, { action: 'validate' })).value, 'Validation passed')
    const refused = await run('my_bau_task', { pause_seconds: 'x' }, { action: 'validate' })
    assert.equal(refused.error?.message, "pause_seconds must be a number, not 'x'")
  })

  it('report on the system', async () => {
    const end = await run('system_report', { path: '/', warn_at_percent: 0 })
    const report = end.value as { host: string; cpus: number; disk: { totalBytes: number }; warnings: string[] }
    assert.ok(report.host !== '' && report.cpus > 0 && report.disk.totalBytes > 0)
    assert.equal(end.stderr, `${report.warnings[0]}\n`)
  })

  it('find old files, and remove them only when told to, never a link, a folder or a new file', async () => {
    const folder = join(bench.folder, 'old files')
    await mkdir(join(folder, 'below'), { recursive: true })
    for (const name of ['old', 'new', 'kept']) await writeFile(join(folder, name), 'x')
    await utimes(join(folder, 'old'), 0, 0)
    await symlink(join(folder, 'kept'), join(folder, 'link'))
    await lutimes(join(folder, 'link'), 0, 0)
    assert.deepEqual((await run('old_files', { folder })).value, { files: 1, bytes: 1, removed: false })
    assert.deepEqual((await run('old_files', { folder, remove: true })).value, { files: 1, bytes: 1, removed: true })
    assert.deepEqual((await readdir(folder)).toSorted(), ['below', 'kept', 'link', 'new'])
    for (const [what, says] of [
      [{ folder: '~' }, /is no folder to tidy up/],
      [{ folder: '/' }, /is no folder to tidy up/],
      [{ folder, days: 0 }, /at least 1/],
      [{ folder: join(folder, 'gone') }, /is no folder on this PC/],
    ] as const) {
      assert.match((await run('old_files', { ...what, remove: true })).error?.message ?? '', says)
    }
  })

  it('count primes', async () => {
    const end = await run('count_primes', { first: 1, last: 100 })
    assert.deepEqual(end.value, { first: 1, last: 100, primes: 25 })
  })
})

describe('the sample plugins in other languages', () => {
  it('report on a disk, in TypeScript', async () => {
    const end = await run('disk_report.ts', { path: '/', warnAt: 0 })
    assert.equal(end.error, null)
    const report = end.value as { path: string; totalBytes: number; usedPercent: number; warnings: string[] }
    assert.ok(report.path === '/' && report.totalBytes > 0 && report.usedPercent <= 100)
    assert.equal(end.logged, `WARNING octopus: ${report.warnings[0]}\n`)
    assert.equal(end.stdout, `/: ${report.usedPercent} % used\n`)
    assert.equal((await run('disk_report.ts', {}, { action: 'validate' })).value, 'Validation passed')
    const refused = await run('disk_report.ts', { warnAt: 101 }, { action: 'validate' })
    assert.equal(refused.error?.message, 'warnAt is a number from 0 to 100')
  })

  it('say whether a backup is new enough, in TypeScript', async () => {
    const folder = join(bench.folder, 'backups')
    const none = await run('check_backup.ts', { folder })
    assert.deepEqual([none.reason, none.error?.message], ['status-error', `There is no backup in ${folder}`])
    await mkdir(folder)
    await writeFile(join(folder, 'a.zip'), '')
    assert.deepEqual((await run('check_backup.ts', { folder })).value, { newest: 'a.zip' })
    await utimes(join(folder, 'a.zip'), 0, 0)
    assert.match(
      (await run('check_backup.ts', { folder })).error?.message ?? '',
      /^The newest backup is \d+ minutes old$/,
    )
  })

  it('list the largest files, in shell', async () => {
    const folder = join(bench.folder, 'files "and" \\ more')
    await mkdir(folder)
    for (const [name, size] of [
      ['small', 5_000],
      ['large "one"', 50_000],
      ['middle', 20_000],
    ] as const)
      await writeFile(join(folder, name), Buffer.alloc(size, 'x'))
    const end = await run('largest_files.sh', { path: folder, count: 2 })
    const files = end.value as readonly { readonly kib: number; readonly path: string }[]
    assert.deepEqual(
      files.map(({ path }) => path),
      [join(folder, 'large "one"'), join(folder, 'middle')],
    )
    assert.ok((files[0]?.kib ?? 0) >= 48)
    const missing = await run('largest_files.sh', { path: '/no/such/folder' })
    assert.equal(missing.error?.message, 'The script ended with exit code 1. /no/such/folder is no folder')
    assert.equal((await run('largest_files.sh', { path: '/' }, { action: 'validate' })).value, 'Validation passed')
  })
})

describe('the probe in TypeScript', () => {
  it('does what its knobs say', async () => {
    const file = join(bench.folder, 'truth-ts')
    const end = await run('probe_ts.ts', { run_for_ms: 20, print_bytes: 250, value: [1], ground_truth: file })
    assert.deepEqual([end.error, end.value, end.stdout.length], [null, [1], 250])
    const lines = (await readFile(file, 'utf8')).trim().split('\n')
    assert.match(lines.join(), /"event":"start","execution":"01890a5d[^,]*","attempt":1,"fence":7.*"event":"end"/)
    assert.match((await run('probe_ts.ts', { exit_code: 7 })).error?.message ?? '', /exit\(7\)/)
    assert.equal((await run('probe_ts.ts', { fail: 'on purpose' })).error?.message, 'on purpose')
    const stubborn = await run('probe_ts.ts', { run_for_ms: 60_000, ignore_signals: true }, { timeoutMs: 100 })
    assert.equal(stubborn.end, 'timed-out')
  })
})

describe('the probe', { skip }, () => {
  it('writes the truth about what ran: execution, attempt and fence', async () => {
    const file = join(bench.folder, 'truth')
    const end = await run('probe', { run_for_ms: 20, print_bytes: 250, value: [1], ground_truth: file })
    assert.deepEqual([end.value, end.stdout.length, end.outputBytes], [[1], 250, 250])
    const lines = (await readFile(file, 'utf8')).trim().split('\n')
    const truth = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const key = { execution: '01890a5d-ac96-774b-bcce-b302099a8057', attempt: 1, fence: 7 }
    assert.deepEqual(
      truth.map(({ event, execution, attempt, fence }) => ({ event, execution, attempt, fence })),
      [
        { event: 'start', ...key },
        { event: 'end', ...key },
      ],
    )
  })

  it('ends in every way', async () => {
    assert.match((await run('probe', { exit_code: 7 })).error?.message ?? '', /exit code 7/)
    assert.equal((await run('probe', { fail: 'on purpose' })).error?.message, 'on purpose')
    const stubborn = await run('probe', { run_for_ms: 60_000, ignore_signals: true }, { timeoutMs: 100 })
    assert.equal(stubborn.end, 'timed-out')
  })
})
