import { STATE_ORDER, type Counts, type ExecutionState } from './states.ts'

/** One block of a strip: so many executions of one state. */
export interface Block {
  readonly key: string
  readonly state: ExecutionState
  readonly count: number
}

/**
 * A strip of at most about `blocksMax` blocks. Up to that many executions each have their own; beyond, a block stands
 * for several, and every state that occurs keeps at least one: the single failure must not vanish.
 */
export function blocksOf(counts: Counts, blocksMax: number): readonly Block[] {
  const perBlock = Math.max(1, Math.ceil(counts.total / blocksMax))
  return STATE_ORDER.flatMap((state) => {
    const blocks: Block[] = []
    for (let left = counts[state]; left > 0; left -= perBlock) {
      blocks.push({ key: `${state}-${blocks.length}`, state, count: Math.min(left, perBlock) })
    }
    return blocks
  })
}
