import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { LANGUAGES } from '@octopus/protocol/work.ts'

import { PLUGINS } from '#runner/testing/language-plugins.ts'
import { openPluginBench } from '#runner/testing/plugin-bench.ts'

const bench = await openPluginBench()
leakCheck()
const runtimes = new Set((await bench.pool.runtimes()).map(({ language }) => language))

for (const language of LANGUAGES) {
  const plugins = PLUGINS[language]
  if (!runtimes.has(language)) {
    // One line for the whole language: what is missing is the interpreter.
    it(`a plugin in ${language} keeps the contract`, { skip: `no ${language} on this machine` }, () => {})
    continue
  }

  describe(`a plugin in ${language}`, () => {
    it('gets its arguments and returns a value', async () => {
      const end = await bench.run(plugins.echo, { language, argsJson: '[1,"two"]', kwargsJson: '{"three":3.5}' })
      assert.deepEqual(
        [end.error, end.end, end.reason, end.valueKind, end.value],
        [null, 'succeeded', 'finished', 'json', [[1, 'two'], { three: 3.5 }]],
      )
    })

    it('returns what is no JSON as text, marked', async () => {
      const [source, text] = plugins.noJson
      const end = await bench.run(source, { language })
      assert.deepEqual([end.end, end.valueKind, end.value], ['succeeded', 'text', text])
    })

    it('fails when its value says so, and keeps the value', async () => {
      const end = await bench.run(plugins.statusError, { language })
      assert.deepEqual([end.end, end.reason, end.error?.message], ['failed', 'status-error', 'disk full'])
      assert.deepEqual(end.value, { status: 'error', message: 'disk full' })
    })

    it('fails with its own words', async () => {
      const end = await bench.run(plugins.fails, { language })
      assert.deepEqual([end.end, end.reason], ['failed', 'exception'])
      assert.match(end.error?.message ?? '', /no such disk/)
    })

    it('has the actions that it names, and no other', async () => {
      assert.equal((await bench.run(plugins.twoActions, { language, action: 'validate' })).error, null)
      for (const action of ['hidden', '_own', 'C', 'toString', 'default']) {
        const end = await bench.run(plugins.twoActions, { language, action })
        assert.match(end.error?.message ?? '', new RegExp(`has no action '${action}'\\. Its actions: run, validate\\.`))
      }
    })

    it('tells its progress', async () => {
      const attempt = bench.start(plugins.progress, { language })
      assert.equal((await attempt.ended).end, 'succeeded')
      assert.deepEqual(attempt.progress.at(-1), [0.5, 'half'])
    })

    it('knows execution, attempt and fence, and nothing of the client’s environment that is not allowed', async () => {
      const seen = (await bench.run(plugins.environment, { language })).value as Record<string, string>
      assert.equal(seen['OCTOPUS_EXECUTION'], '01890a5d-ac96-774b-bcce-b302099a8057')
      assert.deepEqual([seen['OCTOPUS_ATTEMPT_NUMBER'], seen['OCTOPUS_FENCE']], ['1', '7'])
      assert.ok(!JSON.stringify(seen).includes('must not be seen'))
    })

    it('finds an empty folder, each time', async () => {
      for (const time of [1, 2]) {
        assert.deepEqual((await bench.run(plugins.folder, { language })).value, [], `time ${time}`)
      }
    })

    it('has its value cut at the limit, marked', async () => {
      const end = await bench.run(plugins.long, { language, resultBytesMax: 1_000 })
      assert.deepEqual([end.end, end.valueKind, end.cut.value], ['succeeded', 'text', true])
      assert.ok(Buffer.byteLength(end.valueJson ?? '') <= 1_000)
      assert.match(String(end.value), /^"?xxx/)
    })

    it('that is killed has crashed, and the next one runs', async () => {
      const end = await bench.run(plugins.killsItself, { language })
      assert.deepEqual([end.end, end.reason], ['failed', 'crashed'])
      assert.match(end.error?.message ?? '', /SIGKILL/)
      assert.equal((await bench.run(plugins.progress, { language })).end, 'succeeded')
    })
  })
}

describe('a client without an interpreter', () => {
  const none = '/no/such/program'

  it('says what was looked for and which setting names another, and runs JavaScript all the same', async () => {
    const programs = { python: none, shell: none, powershell: none }
    const without = await openPluginBench({ programs })
    for (const [language, setting] of [
      ['python', 'PYTHON'],
      ['shell', 'SHELL'],
      ['powershell', 'POWERSHELL'],
    ] as const) {
      const end = await without.run('', { language })
      assert.deepEqual([end.end, end.reason, end.startedAt], ['failed', 'runtime-missing', null])
      assert.match(end.error?.message ?? '', new RegExp(`Looked for: ${none}\\..*set ${setting} to`))
    }
    const languages = (await without.pool.runtimes()).map(({ language }) => language)
    assert.deepEqual(languages, ['typescript', 'javascript'])
    assert.equal((await without.run('export const run = () => 1', { language: 'javascript' })).value, 1)
  })

  it('gives up one that hangs when it is asked for its version', async () => {
    const hanging = join(bench.folder, 'hanging')
    await writeFile(hanging, '#!/bin/sh\ntrap "" TERM INT\nwhile :; do sleep 0.05; done\n', { mode: 0o700 })
    const programs = { python: hanging, shell: hanging, powershell: hanging }
    const slow = await openPluginBench({ programs, startTimes: { versionMs: 100, readyMs: 60_000 } })
    for (const language of ['python', 'shell', 'powershell'] as const) {
      const end = await slow.run('', { language })
      assert.deepEqual([end.end, end.reason], ['failed', 'runtime-missing'])
    }
  })

  it('gives up one that answers and then hangs when it shall run something', async () => {
    const liar = join(bench.folder, 'liar')
    const script =
      '#!/bin/sh\nif [ "$1" = -c ]; then echo 3.12.0; echo "$0"; exit; fi\ntrap "" TERM INT\nwhile :; do sleep 0.05; done\n'
    await writeFile(liar, script, { mode: 0o700 })
    const programs = { python: liar, shell: undefined, powershell: undefined }
    const slow = await openPluginBench({ programs, startTimes: { versionMs: 5_000, readyMs: 150 } })
    const end = await slow.run('', { language: 'python' })
    assert.deepEqual([end.end, end.reason, end.startedAt], ['failed', 'crashed', null])
    assert.match(end.error?.message ?? '', /It was not ready within 0\.15 s/)
  })
})
