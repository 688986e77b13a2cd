import type { EpochMs } from '@octopus/kit/clock.ts'

import type { Tx } from '#store/sqlite/tx.ts'

type Mark = 'audit_kept_from' | 'executions_kept_from'

/** Moves the mark before which rows may be gone. It only rises: what was given up once is given up. True: it moved. */
export function markKeptFrom(tx: Tx, mark: Mark, before: EpochMs): boolean {
  const moved = tx.run(
    `insert into counter (name, value) values (?, ?)
      on conflict (name) do update set value = excluded.value where value < excluded.value`,
    mark,
    before,
  )
  return moved > 0
}

/** Whether something that was made with this id (they begin with the time) may have been deleted as old. */
export function mayBeForgotten(tx: Tx, id: string): boolean {
  const row = tx.get<{ value: number }>(`select value from counter where name = 'executions_kept_from'`)
  return row !== undefined && Number.parseInt(id.slice(0, 13).replace('-', ''), 16) < row.value
}
