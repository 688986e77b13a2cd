import { Agent } from 'node:http'

import type { FromFleet, ToFleet } from './fleet.ts'
import { wallMs } from './measure.ts'
import { type Counters, SimulatedClient } from './simulated-client.ts'

// The process of a fleet of simulated clients: see fleet.ts, which starts it.

const AT_ONCE = 50
const HEARTBEAT_MS = 10_000
const HEARTBEAT_STEPS = 100

const counters: Counters = { online: 0, acknowledged: 0, synced: 0 }
const clients: SimulatedClient[] = []
let waiting: { readonly number: number; readonly counter: keyof Counters; readonly value: number }[] = []

function tell(message: FromFleet): void {
  process.send?.(message)
}

function moved(): void {
  if (waiting.length === 0) return
  const at = wallMs()
  for (const { number, counter, value } of waiting) if (counters[counter] >= value) tell({ number, at, counters })
  waiting = waiting.filter(({ counter, value }) => counters[counter] < value)
}

async function join({ number, url, token, count, slots }: Extract<ToFleet, { do: 'join' }>): Promise<void> {
  const needs = { url, slots, agent: new Agent({ keepAlive: true, maxSockets: AT_ONCE }), counters, moved }
  let begun = 0
  const worker = async (): Promise<void> => {
    while (begun < count) {
      begun += 1
      const client = await SimulatedClient.enroll(needs, token, `simulated-${clients.length + begun}`)
      await client.connect()
      clients.push(client)
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, AT_ONCE) }, worker))
  tell({ number, at: wallMs(), counters })
}

/** Heartbeats, evenly over the interval: one timer for all. */
let step = 0
setInterval(() => {
  for (let i = step % HEARTBEAT_STEPS; i < clients.length; i += HEARTBEAT_STEPS) clients[i]?.beat()
  step += 1
}, HEARTBEAT_MS / HEARTBEAT_STEPS)

process.on('message', (message: ToFleet) => {
  if (message.do === 'join') {
    join(message).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
    return
  }
  waiting.push(message)
  moved()
})
// The bench has gone, and so does its fleet.
process.on('disconnect', () => process.exit(0))
