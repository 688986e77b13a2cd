import assert from 'node:assert/strict'

import { clientMark, orphansOf, processesNaming, type Survivor } from './leaks.ts'
import type { Octopus } from './octopus.ts'
import { STRACE } from './strace.ts'

/** A runner notices within this time that its client was killed, and a client that starts ends what is left of its last life. */
const GONE_MS_MAX = 15_000
const LOOK_AGAIN_MS = 50

/** Whatever bears the mark of a client of this folder belongs to one that lives; waits a little for the others to go. */
export async function nothingOfKilledClients(octopus: Octopus): Promise<void> {
  const end = performance.now() + GONE_MS_MAX
  for (;;) {
    const left = withoutTheirClient(octopus)
    if (left.length === 0) return
    assert.ok(performance.now() < end, `processes of a killed client live on: ${JSON.stringify(left)}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}

function withoutTheirClient(octopus: Octopus): readonly Survivor[] {
  const { clients, folder } = octopus
  const alive = [...clients.values()].filter(({ isAlive }) => isAlive).map(({ pid }) => pid)
  const all = processesNaming([
    `${folder}/clients/`,
    ...clients.keys().map((name) => clientMark(octopus.stateFolder(name))),
  ])
  if (process.platform === 'linux') assert.ok(all.length >= alive.length, 'the look at processes is blind')
  // A tracer is no child of what it traces and ends with it: what it traced is looked at by itself.
  return orphansOf(all, alive).filter(({ command }) => !command.startsWith(`${STRACE} `))
}
