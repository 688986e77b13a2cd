import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ChangeSettings, SettingValues } from '@octopus/protocol/rest/settings.ts'

import type { Actor } from '#store/page.ts'

/** What is set, with the defaults where nobody has set anything. */
export interface SettingsRecord {
  readonly values: SettingValues
  /** Rises with every change of any of them. */
  readonly revision: number
  readonly changedAt: EpochMs | null
  readonly changedBy: string | null
}

export interface SettingsStore {
  readSettings(input: Record<string, never>): Promise<SettingsRecord>
  /** Changes what is given, if the revision still is this one; of two at once, one is stale. */
  changeSettings(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly ifRevision: number
    readonly changes: ChangeSettings
  }): Promise<{ readonly outcome: 'changed' } | { readonly outcome: 'stale'; readonly revision: number }>
}
