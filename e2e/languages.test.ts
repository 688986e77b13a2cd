import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Json } from './harness/api.ts'
import { Octopus } from './harness/octopus.ts'
import { ROOT } from './harness/process.ts'

/** Put into the plugins folder, one in each language. */
const FILES = {
  'in_python.py': 'def run(name="x"):\n    print("hello from", name)\n    return {"name": name}\n',
  'in_typescript.ts': `import { definePlugin } from '@octopus/plugin-sdk'
export const run = definePlugin({ parameters: { name: 'x' } }, ({ kwargs, log }) => {
  log.info('hello from %s', kwargs.name)
  return { name: kwargs.name satisfies string }
})
`,
  'in_javascript.mjs': 'export function run(name = "x") {\n  console.log("hello from", name)\n  return { name }\n}\n',
  'in_shell.sh':
    '#!/bin/sh\n# octopus: param name=x — who says hello\necho "hello from $OCTOPUS_PARAM_name"\necho "{\\"name\\": \\"$OCTOPUS_PARAM_name\\"}"\n',
} as const

describe('a plugin in each language', () => {
  let octopus: Octopus

  before(async () => {
    octopus = await Octopus.start()
    await octopus.startClients(['one'])
    mkdirSync(octopus.pluginsFolder, { recursive: true })
    for (const [file, source] of Object.entries(FILES)) writeFileSync(join(octopus.pluginsFolder, file), source)
    for (const file of ['disk_report.ts', 'largest_files.sh', 'stopped_services.ps1'])
      copyFileSync(join(ROOT, 'plugins', file), join(octopus.pluginsFolder, file))
    const names = [
      ...Object.keys(FILES).map((file) => file.split('.')[0]),
      'disk_report',
      'largest_files',
      'stopped_services',
    ]
    await octopus.api.eventually('plugins', async () => {
      const plugins: readonly Json[] = await octopus.api.all('/plugins')
      return names.every((name) => plugins.some((plugin) => plugin.name === name))
    })
  })
  after(() => octopus[Symbol.asyncDispose]())

  for (const file of Object.keys(FILES)) {
    it(`is taken from the folder, comes to the client and runs: ${file}`, async () => {
      const plugin = file.split('.')[0]
      const { actions } = await octopus.api.get(`/plugins/${plugin}`)
      assert.deepEqual(
        actions.map((action: Json) => [action.name, action.parameters.map((one: Json) => [one.name, one.default])]),
        [['run', [['name', 'x']]]],
      )
      const [ran] = await octopus.run({ plugin, kwargs: { name: 'ännä' } })
      assert.deepEqual([ran.state, ran.result?.value], ['succeeded', { name: 'ännä' }], JSON.stringify(ran))
      assert.match(await octopus.outputOf(ran.id), /hello from ännä\n/)
    })
  }

  it('is among the samples, too', async () => {
    const [disk] = await octopus.run({ plugin: 'disk_report', args: ['/'] })
    assert.deepEqual([disk.state, disk.result.value.path], ['succeeded', '/'])
    const [files] = await octopus.run({ plugin: 'largest_files', kwargs: { path: octopus.pluginsFolder, count: 1 } })
    assert.deepEqual([files.state, files.result.value.length], ['succeeded', 1])
  })

  it('is cancelled with all that it started', async () => {
    const source = '#!/bin/sh\nsleep 300 &\necho going\nwait\n'
    await octopus.api.put('/plugins/long', { language: 'shell', source })
    const task = await octopus.task({ plugin: 'long' })
    const running = await octopus.inState(task.id, ['running'])
    await octopus.api.post(`/executions/${running.id}/cancel`)
    const end = await octopus.inState(task.id, ['cancelled'])
    assert.equal(end.reason, 'cancelled')
  })

  it('waits, and says why, where no client has its language', async () => {
    const { runtimes } = await octopus.client('one')
    const languages = runtimes.map((runtime: Json) => runtime.language)
    assert.ok(['typescript', 'javascript', 'shell'].every((language) => languages.includes(language)))
    if (languages.includes('powershell')) return
    const task = await octopus.task({ plugin: 'stopped_services' })
    const waiting = await octopus.api.eventually(`task:${task.id}`, async () => {
      const found = await octopus.api.get(`/tasks/${task.id}`)
      return found.waitingFor.length > 0 && found
    })
    assert.match(JSON.stringify(waiting.waitingFor), /powershell/i)
  })
})
