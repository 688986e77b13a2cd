import type { EpochMs } from '@octopus/kit/clock.ts'

import type { Actor, Page, PageRequest } from '#store/page.ts'

export interface AuditRecord {
  readonly id: string
  readonly at: EpochMs
  readonly actor: Actor
  readonly action: string
  readonly subject: string
  readonly details: Readonly<Record<string, unknown>>
}

export interface AuditFilter {
  readonly actor?: string | undefined
  readonly action?: string | undefined
  readonly subject?: string | undefined
  readonly from?: EpochMs | undefined
  readonly to?: EpochMs | undefined
}

export interface AuditStore {
  /** Newest first. */
  listAudit(input: PageRequest & { readonly filter: AuditFilter }): Promise<Page<AuditRecord>>
}
