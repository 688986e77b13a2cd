import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { it } from 'node:test'
import { promisify } from 'node:util'

/** Loads a module and prints the address of each file that came with it. */
const PROGRAM = `
  import { registerHooks } from 'node:module'
  const loaded = []
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
  await import(process.argv[1])
  console.log(JSON.stringify(loaded))
`

it('a thread of the store loads no library of schemas: each thread would load its hundreds of files, at every start', async () => {
  const verbs = new URL('./verbs/table.ts', import.meta.url).href
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROGRAM, verbs])
  const loaded = JSON.parse(stdout) as readonly string[]
  assert.ok(loaded.filter((url) => url.includes('/sqlite/verbs/')).length > 20, 'it saw nothing of the verbs')
  assert.deepEqual(
    loaded.filter((url) => url.includes('/typebox/')),
    [],
  )
})
