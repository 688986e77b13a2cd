import type { AuditFilter, AuditRecord, AuditStore } from '#audit/audit-store.ts'
import type { Actor } from '#store/page.ts'
import type { VerbsOf } from '#store/sqlite/tx.ts'

import { type Condition, listPage, madeBetween } from './list.ts'

interface AuditRow {
  readonly id: string
  readonly at: number
  readonly actor_kind: Actor['kind']
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly details: string
}

export const auditVerbs: VerbsOf<AuditStore> = {
  listAudit: (tx, request) => {
    const { index, conditions } = auditSource(request.filter)
    return listPage<AuditRow, AuditRecord>(tx, request, {
      select: `select id, at, actor_kind, actor, action, subject, details from audit ${index}`,
      from: `from audit ${index}`,
      key: ['id'],
      direction: 'desc',
      conditions,
      keyOf: (row) => [row.id],
      map: ({ actor_kind, actor, details, ...row }) => ({
        ...row,
        actor: { kind: actor_kind, name: actor },
        details: JSON.parse(details) as AuditRecord['details'],
      }),
    })
  },
}

/** The index of what narrows most: one thing was rarely done anything to; a person does more; an action is the commonest. */
function auditSource({ actor, action, subject, from, to }: AuditFilter): {
  readonly index: string
  readonly conditions: readonly Condition[]
} {
  const used =
    subject !== undefined ? 'subject' : actor !== undefined ? 'actor' : action !== undefined ? 'action' : null
  const condition = (column: 'subject' | 'actor' | 'action', value: string | undefined): Condition =>
    column === used ? { sql: `${column} = ?`, value } : { sql: `${column} = ?`, value, unindexed: true }
  const conditions = [condition('subject', subject), condition('actor', actor), condition('action', action)]
  return {
    index: used === null ? '' : `indexed by audit_by_${used}`,
    conditions: [...conditions, ...madeBetween({ id: 'id', column: 'at' }, { from, to })],
  }
}
