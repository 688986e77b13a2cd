import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { Octopus } from './harness/octopus.ts'
import type { OctopusProcess } from './harness/process.ts'

describe('what server and client print of what happens', () => {
  let octopus: Octopus
  before(async () => {
    octopus = await Octopus.start()
    await octopus.startClients(['pc'])
  })
  after(() => octopus[Symbol.asyncDispose]())

  for (const [who, process, folder, event] of [
    ['server', () => octopus.server, () => octopus.serverFolder, 'listening'],
    ['client', () => octopus.clients.get('pc'), () => octopus.stateFolder('pc'), 'session-began'],
  ] as const) {
    it(`is kept in logs/${who}.log of its folder, line by line`, async () => {
      const running = process() ?? assert.fail('it does not run')
      const kept = readFileSync(join(folder(), 'logs', `${who}.log`), 'utf8')
        .split('\n')
        .slice(0, -1)
      assert.ok(kept.some((line) => (JSON.parse(line) as { event: string }).event === event))
      assert.deepEqual(await printed(running, kept.length), kept)
    })
  }
})

/** So many lines of the log on standard output; what is said to people stands between them. */
async function printed(process: OctopusProcess, count: number): Promise<readonly string[]> {
  const logged = (): readonly string[] => process.lines.filter((line) => line.startsWith('{"at":'))
  while (logged().length < count) await process.line(/^\{"at":/, process.lines.length)
  return logged().slice(0, count)
}
