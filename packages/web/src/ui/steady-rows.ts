/** What a list shows while the pointer is over it, and what it holds back. */
export interface SteadyRows<T> {
  readonly rows: readonly T[]
  /** Rows that came or moved and wait for the button. */
  readonly heldBack: number
}

/**
 * Keeps rows where they are: those that are shown stay in their order with their newest values, those that are new wait.
 * A row that has gone keeps its last value until the list is let go, so that nothing moves under the pointer.
 */
export function steadyRows<T>(shown: readonly T[], fresh: readonly T[], keyOf: (row: T) => string): SteadyRows<T> {
  const byKey = new Map(fresh.map((row) => [keyOf(row), row]))
  const rows = shown.map((row) => byKey.get(keyOf(row)) ?? row)
  const held = new Set(shown.map(keyOf))
  return { rows, heldBack: fresh.filter((row) => !held.has(keyOf(row))).length }
}
