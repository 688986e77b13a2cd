import { SettingsError } from '@octopus/kit/settings.ts'

import { StoreRefused } from '#store/store-refused.ts'

import { Outage } from './outage.ts'

/** What a person can mend is one sentence; anything else is a bug and shows where. */
export function explain(error: unknown, program = 'octopus server'): number {
  const known = error instanceof Outage || error instanceof SettingsError || error instanceof StoreRefused
  const code = (error as NodeJS.ErrnoException | null)?.code
  const message = error instanceof Error ? (known || code !== undefined ? error.message : error.stack) : String(error)
  process.stderr.write(`${program}: ${message}\n`)
  return 1
}
