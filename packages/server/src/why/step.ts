import type { EpochMs } from '@octopus/kit/clock.ts'
import type { Why } from '@octopus/protocol/rest/why.ts'

/** One fact of the chain. */
export interface Step {
  readonly code: string
  readonly text: string
  readonly at: EpochMs | null
  readonly clock: Why['steps'][number]['clock']
  readonly state: Why['steps'][number]['state']
}

/** A step by the server's clock, which is what most are. */
export function step(state: Step['state'], code: string, text: string, at: EpochMs | null = null): Step {
  return { code, text, at, clock: 'server', state }
}
