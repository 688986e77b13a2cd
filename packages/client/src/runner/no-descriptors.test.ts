import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { openPluginBench } from '#runner/testing/plugin-bench.ts'

const bench = await openPluginBench()
leakCheck()

/** This process may open so many files from now on: few enough to use them up. */
const { status } = spawnSync('prlimit', ['--pid', String(process.pid), '--nofile=300:'])
const noLimit = { skip: status !== 0 && 'there is no prlimit on this machine' }

/** Opens all files that this process may open; gives them back when it is disposed of. */
function noDescriptors(): Disposable {
  const taken: number[] = []
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EMFILE')
  }
  return { [Symbol.dispose]: () => taken.splice(0).forEach((file) => closeSync(file)) }
}

/** Runs until the folder is there: to make one takes no descriptor. */
const waiting = (folder: string): string =>
  `import os, time\ndef run():\n    while not os.path.exists(${JSON.stringify(folder)}):\n        time.sleep(0.01)\n    return "done"\n`

describe('a client without a free file descriptor', () => {
  it('has the result of what ran, though no spare process can be started after it', noLimit, async () => {
    const folder = join(bench.folder, 'goes-on')
    const attempt = bench.start(waiting(folder))
    await attempt.started
    {
      using _ = noDescriptors()
      mkdirSync(folder)
      assert.equal((await attempt.ended).end, 'succeeded')
      assert.ok(bench.log.events().includes('spare-runner-not-started'))
    }
    assert.equal((await bench.run('def run():\n    return 1\n')).value, 1)
  })

  for (const [what, language, source] of [
    ['start a process', 'javascript', 'export const run = () => 1\n'],
    ['look for an interpreter', 'shell', '#!/bin/bash\necho 1\n'],
  ] as const) {
    it(`says that it cannot ${what} now, and can be asked again`, noLimit, async () => {
      {
        using _ = noDescriptors()
        const { outcome } = bench.start(source, { language })
        assert.match(JSON.stringify(await outcome), /^\{"lacks":"EMFILE: /)
      }
      assert.equal((await bench.run(source, { language })).value, 1)
    })
  }
})
