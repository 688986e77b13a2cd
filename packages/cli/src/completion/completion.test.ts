import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'

import { COMMANDS } from '#tables/commands.ts'

import { completionScript, completionTable } from './scripts.ts'

const bash = spawnSync('bash', ['--version']).status === 0

/** What bash would offer for this command line, with the cursor at its end. */
function offered(line: string): readonly string[] {
  const words = line.split(' ')
  const script = `${completionScript('bash', COMMANDS)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}
_octopus
printf '%s\\n' "\${COMPREPLY[@]}"`
  const text = execFileSync('bash', ['--norc', '--noprofile', '-c', script], { encoding: 'utf8', cwd: '/' })
  return text.split('\n').filter(Boolean)
}

describe('completion', () => {
  it('knows every command and every flag', () => {
    const table = completionTable(COMMANDS)
    for (const { words, flags } of COMMANDS) {
      const parts = words.split(' ')
      assert.ok(table.get(parts.slice(0, -1).join(' '))?.includes(parts.at(-1) ?? ''), words)
      for (const { name } of flags) assert.ok(table.get(words)?.includes(`--${name}`), `${words} --${name}`)
    }
  })

  it(
    'in a real bash: commands, second words, flags, values of flags, arguments',
    { skip: !bash && 'no bash here' },
    () => {
      assert.ok(offered('octopus ta').includes('task'))
      assert.deepEqual(offered('octopus task pa'), ['pause'])
      assert.ok(offered('octopus task list --sta').includes('--status'))
      assert.deepEqual(offered('octopus task list --status a'), ['active'])
      assert.deepEqual(offered('octopus completion b'), ['bash'])
      assert.ok(offered('octopus task pause 123 --js').includes('--json'), 'an argument in between does not confuse it')
      assert.deepEqual(offered('octopus notification target l'), ['list'])
    },
  )

  for (const shell of ['zsh', 'powershell'] as const) {
    it(`the script for ${shell} holds the same table`, () => {
      const script = completionScript(shell, COMMANDS)
      for (const { words } of COMMANDS) assert.ok(script.includes(words.split(' ').at(-1) ?? ''), words)
      assert.match(
        script,
        shell === 'zsh' ? /^#compdef octopus\n/ : /Register-ArgumentCompleter -Native -CommandName octopus/,
      )
    })
  }

  it('no word of the table could break out of the script', () => {
    const words = [...completionTable(COMMANDS)].flatMap(([path, list]) => [path, ...list])
    for (const word of words) assert.match(word, /^[\w .-]*$/)
  })
})
