import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { openPluginBench } from '#runner/testing/plugin-bench.ts'

const bench = await openPluginBench()
leakCheck()
const hasPython = (await bench.pool.runtimes()).some(({ language }) => language === 'python')

const RUNNER = join(import.meta.dirname, 'python/octopus_runner.py')

describe('the runner of Python plugins', { skip: !hasPython && 'no Python on this machine' }, () => {
  it('is written in the Python of 3.7, so that it starts on whatever a PC has', async () => {
    const end = await bench.run(
      `import ast\ndef run(path):\n    ast.parse(open(path, encoding="utf-8").read(), feature_version=(3, 7))\n    return "parsed"`,
      { argsJson: JSON.stringify([RUNNER]) },
    )
    assert.deepEqual([end.error, end.value], [null, 'parsed'])
  })

  it('would be found out: a newer word is no Python 3.7', async () => {
    const end = await bench.run('import ast\ndef run():\n    ast.parse("if (x := 1): pass", feature_version=(3, 7))')
    assert.equal(end.error?.type, 'SyntaxError')
  })
})
