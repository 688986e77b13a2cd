import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { readScript } from './read-script.ts'

describe('a plugin in shell or PowerShell', () => {
  it('has its actions and parameters from its comments, the same for each action', () => {
    const source = `#!/usr/bin/env bash
# Reports on a disk.
# octopus: actions=run,validate
# octopus: param path=/ — the folder to look at
# octopus: param limit
`
    const { actions, doc, problems } = readScript('shell', source)
    const parameters = [
      { name: 'path', kind: 'positional', type: 'string', required: false, hasDefault: true, default: '/' },
      { name: 'limit', kind: 'positional', type: 'unknown', required: true, hasDefault: false },
    ]
    const text = 'Reports on a disk.\n\npath: the folder to look at'
    assert.deepEqual(
      { actions, doc, problems },
      {
        actions: ['run', 'validate'].map((name) => ({ name, doc: text, async: false, parameters })),
        doc: 'Reports on a disk.',
        problems: [],
      },
    )
  })

  it('takes anything when it declares nothing', () => {
    const { actions } = readScript('powershell', 'Write-Output 1')
    assert.deepEqual(
      actions[0]?.parameters.map(({ kind }) => kind),
      ['rest', 'named-rest'],
    )
  })

  it('is refused when another program is named, or when it holds what no script can', () => {
    const messages = ['#!/usr/bin/env python3\n', 'echo\n\0', '#octopus: go'].map(
      (source) => readScript('shell', source).problems[0]?.message,
    )
    assert.match(messages[0] ?? '', /This script is for python3. A shell plugin runs with sh, bash/)
    assert.match(messages[1] ?? '', /NUL/)
    assert.match(messages[2] ?? '', /"go" is not understood/)
    assert.deepEqual(readScript('powershell', '#!/usr/bin/env pwsh\n').problems, [])
  })
})
