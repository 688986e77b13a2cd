import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { startPluginProcess } from './plugin-process.ts'
import { createProcessTable } from './tree.ts'

leakCheck()
const workFolder = mkdtempSync(join(tmpdir(), 'octopus-process-'))
after(() => rmSync(workFolder, { recursive: true, force: true }))

/** Says that it is ready, as a runner does, but has made no pipes; ends when it is told to. */
const WITHOUT_PIPES = `
  const { createReadStream, writeSync } = require('node:fs')
  createReadStream('', { fd: 4 }).on('data', (words) => String(words).includes('kill') && process.exit(0))
  writeSync(4, '{"type":"ready","proves":true,"worker":1}\\n')
  writeSync(3, '{"type":"ready","version":"1"}\\n')
`

function start(file: string) {
  const log = createCapturedLog()
  const needs = {
    clock: createSystemClock(),
    log,
    processes: createProcessTable(process.platform),
    platform: process.platform,
    environment: {},
    workFolder,
    readyMs: 60_000,
  }
  const launch = { kind: 'node', command: { file, args: ['-e', WITHOUT_PIPES, '--'] }, isWorker: true } as const
  const marks = { client: 'test-process', runner: 'test-process/1' }
  return { log, started: startPluginProcess(needs, { id: 'one', launch, marks }) }
}

describe('the process of a plugin', { skip: process.platform === 'win32' && 'its pipes have no names there' }, () => {
  it('that is ready, but whose pipes cannot be opened, is ended and says why; its client lives on', async () => {
    const { log, started } = start(process.execPath)
    const end = await started.gone
    assert.match(end.lastWords, /^Error: ENOENT: .*stdout/)
    assert.deepEqual(
      log.lines.filter(({ event }) => event === 'runner-broken').map(({ fields }) => fields['what']),
      ['pipes that cannot be opened'],
    )
    assert.deepEqual(readdirSync(workFolder), [])
  })

  it('that cannot be started leaves no folder', async () => {
    const { started } = start(join(workFolder, 'no-such-program'))
    assert.match((await started.gone).failed ?? '', /ENOENT/)
    assert.deepEqual(readdirSync(workFolder), [])
    assert.throws(() => start('program\0'))
    assert.deepEqual(readdirSync(workFolder), [])
  })
})
