// Plays the seeds that it is told of, one after the other, and tells what became of each.
import { parentPort } from 'node:worker_threads'

import type { Played } from './many-seeds.ts'
import { play } from './scenario.ts'

parentPort?.on('message', (seed: number) => {
  void play(seed).then(
    (report) => tell({ seed, report }),
    (error: unknown) =>
      tell({ seed, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})

function tell(played: Played): void {
  parentPort?.postMessage(played)
}
