import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'

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

/** As slow to come up as an interpreter on a busy PC; writes down when its keeper ends it by the hold, and ends with its first order. */
const SLOW = `
  const { execFileSync } = require('node:child_process')
  const { openSync, writeFileSync, writeSync } = require('node:fs')
  const { Socket } = require('node:net')
  for (const name of ['stdout', 'stderr']) {
    execFileSync('mkfifo', ['../' + name])
    openSync('../' + name, 'r+')
  }
  let holdEndsAt
  const order = Promise.withResolvers()
  const hold = Promise.withResolvers()
  setTimeout(() => {
    new Socket({ fd: 4 }).on('data', (words) => {
      for (const [word, left] of String(words).split('\\n').map((line) => line.split(' '))) {
        if (word === 'hold') hold.resolve(Date.now() + Number(left))
      }
    })
    new Socket({ fd: 3 }).on('data', order.resolve)
    writeSync(4, '{"type":"ready","proves":true,"worker":1}\\n')
    writeSync(3, '{"type":"ready","version":"1"}\\n')
    Promise.all([hold.promise, order.promise]).then(([at]) => {
      writeFileSync('../../hold-ends-at', String(at))
      process.exit(0)
    })
  }, 1500)
`
const NOTHING = (): void => {}
const LISTENER = {
  mayBegin: () => true,
  started: NOTHING,
  output: NOTHING,
  raw: NOTHING,
  skipped: NOTHING,
  progress: NOTHING,
  notBegun: NOTHING,
  finished: NOTHING,
  died: NOTHING,
}
const ORDER = {
  plugin: 'tested',
  language: 'javascript',
  checksum: 'c' as Checksum,
  program: null,
  source: '',
  action: 'run',
  args: '[]',
  kwargs: '{}',
  nonce: 'n',
  environment: {},
  outputMax: 1,
  valueMax: 1,
} as const

function start(file: string, program = WITHOUT_PIPES) {
  const log = createCapturedLog()
  const needs = {
    clock: createSystemClock(),
    log,
    processes: createProcessTable(process.platform),
    platform: process.platform,
    environment: { PATH: process.env['PATH'] },
    workFolder,
    readyMs: 60_000,
  }
  const launch = { kind: 'node', command: { file, args: ['-e', program, '--'] }, isWorker: true } as const
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

  it('that came up late ends with the hold all the same, not as much later as it came up', async () => {
    const { started } = start(process.execPath, SLOW)
    const holdEndsAt = Date.now() + 5_000
    started.burn('hold', 5_000)
    started.run(ORDER, LISTENER)
    await started.gone
    const told = join(workFolder, 'hold-ends-at')
    const lateMs = Number(readFileSync(told, 'utf8')) - holdEndsAt
    rmSync(told)
    assert.ok(Math.abs(lateMs) < 1_000, `its keeper ends it ${lateMs} ms after the hold`)
  })

  it('that cannot be started leaves no folder', async () => {
    const { started } = start(join(workFolder, 'no-such-program'))
    assert.match((await started.gone).failed ?? '', /ENOENT/)
    assert.deepEqual(readdirSync(workFolder), [])
    assert.throws(() => start('program\0'))
    assert.deepEqual(readdirSync(workFolder), [])
  })
})
