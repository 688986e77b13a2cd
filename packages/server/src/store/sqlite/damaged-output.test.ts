import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'

import type { Store } from '#store/store.ts'

import { filesIn } from './folder.ts'
import type { Damage } from './worker-messages.ts'
import { openWorkerStore } from './worker-store.ts'

const root = mkdtempSync(join(tmpdir(), 'octopus-damaged-'))
after(() => rmSync(root, { recursive: true }))

const PAGE_BYTES = 4_096
const EXECUTIONS = Array.from({ length: 60 }, (_, n) => `execution-${n}` as ExecutionId)
const said: Damage[] = []
const open = (folder: string): Promise<Store> =>
  openWorkerStore({
    folder,
    onFatal: (message) => assert.fail(message),
    onDamaged: (damage) => said.push(damage),
  })

const print = (store: Store, execution: ExecutionId, text: string): ReturnType<Store['appendOutput']> =>
  store.appendOutput({
    now: 1,
    chunks: [{ execution, attempt: 1, fence: 1, offset: 0, stream: 'stdout', at: 1, text }],
  })

async function withOutput(name: string): Promise<string> {
  const folder = join(root, name)
  await using store = await open(folder)
  for (const execution of EXECUTIONS) await print(store, execution, 'x'.repeat(6_000))
  return folder
}

describe('damaged pages in the file of output', () => {
  it('cost the output that stands on them; the store goes on with all else, and says once which file it is', async () => {
    const folder = await withOutput('pages')
    const file = filesIn(folder).output
    // Of the last pages none is a root.
    const pages = openSync(file, 'r+')
    for (const back of [2, 5, 9]) {
      writeSync(pages, Buffer.alloc(PAGE_BYTES, 0x5a), 0, PAGE_BYTES, statSync(file).size - back * PAGE_BYTES)
    }
    closeSync(pages)

    await using store = await open(folder)
    const read = (execution: ExecutionId): Promise<string> =>
      store.readOutput({ execution, from: 0, limitBytes: 10_000 }).then(
        ({ storedBytes }) => String(storedBytes),
        ({ code }: { code: string }) => code,
      )
    const found = await Promise.all(EXECUTIONS.map(read))
    assert.deepEqual([...new Set(found)].toSorted(), ['6000', 'OUTPUT_DAMAGED'])
    assert.deepEqual(said, [{ file, error: 'Error: database disk image is malformed' }])

    // What is written meets the damage, too.
    const written = await Promise.allSettled(EXECUTIONS.map((one) => print(store, `new-${one}` as ExecutionId, 'y')))
    for (const one of written) assert.ok(one.status === 'fulfilled' || one.reason.code === 'OUTPUT_DAMAGED')
    await store.recordAudit({ now: 1, actor: { kind: 'system', name: 't' }, action: 'x', subject: 'x', details: '{}' })
  })

  it('that are its first keep the server from starting, which names the file and what to do', async () => {
    const folder = await withOutput('head')
    const { output } = filesIn(folder)
    writeFileSync(output, Buffer.alloc(PAGE_BYTES, 0x5a), { flag: 'r+' })
    await assert.rejects(open(folder), /The database .*output\.db is damaged .* move this file .*aside/)
    rmSync(output)
    await using store = await open(folder)
    assert.equal((await print(store, 'after' as ExecutionId, 'y'))[0]?.storedBytes, 1)
  })
})

leakCheck()
