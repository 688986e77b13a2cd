import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { silentLog } from '@octopus/kit/log.ts'

import { createFinder } from './program-finder.ts'
import { parseAnswer, pythonCandidates, pythonSearch } from './python-runtime.ts'

const CANDIDATES = [
  ['/opt/python', 'linux', ['/opt/python']],
  ['C:\\Program Files\\Python\\python.exe', 'win32', ['C:\\Program Files\\Python\\python.exe']],
  [undefined, 'linux', ['python3', 'python']],
  ['', 'darwin', ['python3', 'python']],
  [undefined, 'win32', ['py -3', 'python3', 'python']],
] as const

const ANSWERS = [
  ['3.11.7\n/usr/bin/python3\n', { version: '3.11.7', file: '/usr/bin/python3' }],
  ['3.14.0\r\nC:\\Python\\python.exe\r\n', { version: '3.14.0', file: 'C:\\Python\\python.exe' }],
  ['3.7.0\n/p\n', { version: '3.7.0', file: '/p' }],
  ['3.6.15\n/p\n', undefined],
  ['2.7.18\n/p\n', undefined],
  ['4.0.0\n/p\n', { version: '4.0.0', file: '/p' }],
  ['', undefined],
  ['Python was not found; run without arguments to install from the Microsoft Store', undefined],
] as const

function finderOver(answers: Record<string, string>) {
  const asked: string[] = []
  const run = ({ file }: { readonly file: string }): Promise<string> => {
    asked.push(file)
    const answer = answers[file]
    return answer === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(answer)
  }
  const finder = createFinder({ log: silentLog, run }, pythonSearch(undefined, 'linux'))
  return { asked, finder, answers }
}

describe('the search for Python', () => {
  for (const [setting, platform, expected] of CANDIDATES) {
    it(`tries ${expected.join(', ')} on ${platform} when PYTHON is ${setting ?? 'not set'}`, () => {
      const shown = pythonCandidates(setting, platform).map(({ file, args }) => [file, ...args].join(' '))
      assert.deepEqual(shown, expected)
    })
  }

  for (const [answer, expected] of ANSWERS) {
    it(`takes ${JSON.stringify(answer)} as ${expected?.version ?? 'no Python for us'}`, () => {
      assert.deepEqual(parseAnswer(answer), expected)
    })
  }

  it('remembers what it found, the real program behind a wrapper', async () => {
    const { asked, finder } = finderOver({ python3: '3.6.0\n/old\n', python: '3.12.1\n/real/python\n' })
    assert.deepEqual(await finder.find(), { command: { file: '/real/python', args: [] }, version: '3.12.1' })
    await finder.find()
    assert.deepEqual(asked, ['python3', 'python'])
  })

  it('looks again when there was none, so that installing it needs no restart', async () => {
    const { answers, finder } = finderOver({})
    assert.equal(await finder.find(), undefined)
    answers['python3'] = '3.12.1\n/usr/bin/python3\n'
    assert.equal((await finder.find())?.version, '3.12.1')
  })

  it('says what was looked for and what to do', () => {
    assert.match(finderOver({}).finder.missing, /python3, python\. Install Python, or set PYTHON/)
  })
})
