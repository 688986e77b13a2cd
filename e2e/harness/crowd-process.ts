import process from 'node:process'

import { CrowdClient, type CrowdCounts, type CrowdSettings } from './crowd-client.ts'
import type { FromCrowd, ToCrowd } from './crowd.ts'

// The process of a crowd of clients: see crowd.ts, which starts it.

/** First contacts side by side. */
const AT_ONCE = 25

const counts: CrowdCounts = { ready: 0, running: 0, started: 0, ended: 0, stopped: 0 }
const clients: CrowdClient[] = []
let waiting: Extract<ToCrowd, { do: 'until' }>[] = []

const answer = (message: FromCrowd): void => void process.send?.(message)

function moved(): void {
  if (waiting.length === 0) return
  const fits = ({ counter, least, most }: (typeof waiting)[number]): boolean =>
    counts[counter] >= least && counts[counter] <= most
  for (const wish of waiting) if (fits(wish)) answer({ number: wish.number, counts })
  waiting = waiting.filter((wish) => !fits(wish))
}

async function join(settings: CrowdSettings, count: number): Promise<void> {
  let begun = 0
  const worker = async (): Promise<void> => {
    while (begun < count) {
      begun += 1
      const client = new CrowdClient({ ...settings, counts, moved })
      clients.push(client)
      await client.start(`crowd-${clients.length}`)
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, AT_ONCE) }, worker))
}

async function take(message: ToCrowd): Promise<void> {
  switch (message.do) {
    case 'until':
      waiting.push(message)
      return moved()
    case 'join':
      await join(message.settings, message.count)
      break
    case 'cut':
      for (const client of clients) client.cut()
      break
    case 'mend':
      for (const client of clients) client.mend()
      break
    case 'release':
      for (const client of clients) client.release()
      break
    case 'stop':
      await Promise.all(clients.map((client) => client.stop()))
      break
  }
  answer({ number: message.number, counts })
  if (message.do === 'stop') process.disconnect?.()
}

process.on('message', (message: ToCrowd) => {
  take(message).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
// The test has gone, and so does its crowd.
process.on('disconnect', () => process.exit(0))
