import { isoOf } from '@octopus/kit/instant.ts'
import type { AuditEntry } from '@octopus/protocol/rest/audit.ts'

import type { Cursors } from '#http/cursor.ts'
import { answerPage } from '#http/paging.ts'
import type { Handlers } from '#http/route.ts'
import { span } from '#http/span.ts'

import type { AuditRecord, AuditStore } from './audit-store.ts'

export interface AuditRouteNeeds {
  readonly store: AuditStore
  readonly cursors: Cursors
}

export function auditRoutes({ store, cursors }: AuditRouteNeeds): Handlers<'listAudit'> {
  return {
    listAudit: async ({ query }) => {
      const { actor, action, subject } = query
      const filter = { actor, action, subject, ...span(query) }
      const list = { name: 'listAudit', filter, query } as const
      return answerPage(cursors, list, (page) => store.listAudit({ ...page, filter }), auditEntry)
    },
  }
}

function auditEntry({ id, at, actor, action, subject, details }: AuditRecord): AuditEntry {
  return { id, at: isoOf(at), actor: { kind: actor.kind, name: actor.name }, action, subject, details }
}
