import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const MAIN = join(import.meta.dirname, 'octopus.ts')
/** Tells of every file that is loaded. */
const TELL = `import { registerHooks } from 'node:module'
registerHooks({ load: (url, context, next) => (process._rawDebug('LOADED ' + url), next(url, context)) })`
const TELL_OF_COMPILED = `import { getCompileCacheDir } from 'node:module'
process.on('exit', () => console.log('COMPILED ' + getCompileCacheDir()))`

function octopus(...args: readonly string[]) {
  const tell = `data:text/javascript,${encodeURIComponent(TELL)}`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', tell, MAIN, ...args], {
    encoding: 'utf8',
    env: { HOME: '/nowhere', XDG_CONFIG_HOME: '/nowhere' },
  })
  const lines = stderr.split('\n')
  const loaded = lines.filter((line) => line.startsWith('LOADED '))
  return { code: status, out: stdout, err: lines.filter((line) => !line.startsWith('LOADED ')).join('\n'), loaded }
}

describe('octopus', () => {
  it('loads neither server nor client nor the library of schemas for what needs none of them', () => {
    for (const args of [['--version'], ['help'], ['task', 'list']]) {
      const { loaded } = octopus(...args)
      assert.ok(loaded.length > 10, 'nothing was told: this test would check nothing')
      const heavy = loaded.filter((line) => /typebox|packages\/(?:server|client)\/|node_modules/.test(line))
      assert.deepEqual(heavy, [], args.join(' '))
    }
  })

  it('keeps what Node compiled beside the code, where only those write who may write the code', () => {
    const tell = `data:text/javascript,${encodeURIComponent(TELL_OF_COMPILED)}`
    const { stdout } = spawnSync(process.execPath, ['--import', tell, MAIN, 'help'], { encoding: 'utf8', env: {} })
    const folder = /^COMPILED (.+)$/m.exec(stdout)?.[1] ?? 'nowhere'
    assert.ok(folder.startsWith(join(import.meta.dirname, '..', 'dist', 'compiled')), folder)
    assert.ok(readdirSync(folder).length > 10)
  })

  it('tells all commands, those of a family, and one with its flags', () => {
    assert.match(octopus().out, /octopus task list +Tasks/)
    const family = octopus('help', 'client')
    assert.match(family.out, /octopus client drain/)
    assert.doesNotMatch(octopus('help', 'plugin').out, /octopus client drain/)
    assert.match(octopus('task', 'create', '--help').out, /octopus task create \[plugin\] \[action\] \[flags\]/)
    assert.match(octopus('help', 'run').out, /--follow/)
    assert.match(octopus('help', 'server').out, /octopus server --help/)
  })

  it('proposes what was probably meant, with exit code 2', () => {
    const { code, err, out } = octopus('tusk', 'list')
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, /^octopus: There is no command "tusk"\. Did you mean "octopus task"\? See octopus help\.\n$/)
  })

  it(
    'ends in silence when nobody reads what it prints',
    { skip: process.platform === 'win32' && 'no pipes of this kind' },
    () => {
      const pipe = `"$1" "$2" help | (exec 0<&-; sleep 2)`
      const { stderr } = spawnSync('sh', ['-c', pipe, 'sh', process.execPath, MAIN], { encoding: 'utf8' })
      assert.equal(stderr, '')
    },
  )

  it('does not write hostile words of a command line to the terminal', () => {
    assert.match(octopus('task', 'list', '\u001B[2Jx').err, /"\\u\{1b\}\[2Jx" is too much/)
  })
})
