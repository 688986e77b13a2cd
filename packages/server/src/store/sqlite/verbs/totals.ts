import type { Tx } from '#store/sqlite/tx.ts'

/** Moves a counter of the overview; counters are kept by write, so that nothing counts rows of history. */
export function addTotal(tx: Tx, kind: 'client' | 'task', word: string, value: number): void {
  tx.run(
    `insert into total (kind, word, value) values (?, ?, ?)
      on conflict (kind, word) do update set value = value + excluded.value`,
    kind,
    word,
    value,
  )
}

/** Counters of one kind, by word. */
export function readTotals(tx: Tx, kind: 'client' | 'execution' | 'task'): ReadonlyMap<string, number> {
  const rows = tx.all<{ word: string; value: number }>('select word, value from total where kind = ?', kind)
  return new Map(rows.map(({ word, value }) => [word, value]))
}
