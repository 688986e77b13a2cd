/** A line of two texts laid over each other. */
export interface DifferenceLine {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
  /** Line numbers, from 1, in the text where it stands. */
  readonly before: number | null
  readonly after: number | null
}

/** Beyond this many cells of the table the middle is shown as wholly replaced: it would take seconds and gigabytes. */
const CELLS_MAX = 4_000_000

/**
 * The lines of both texts, those of the longest common subsequence once (dynamic programming, as in Wagner and Fischer
 * 1974). Equal beginnings and ends are taken off first, so that small changes of long texts cost little.
 */
export function differenceOf(before: string, after: string): readonly DifferenceLine[] {
  const a = before.split('\n')
  const b = after.split('\n')
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const same = (from: number, shift: number) => (text: string, n: number) =>
    ({ kind: 'same', text, before: from + n + 1, after: from + n + 1 + shift }) as const
  return [
    ...a.slice(0, start).map(same(0, 0)),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end), start),
    ...a.slice(a.length - end).map(same(a.length - end, b.length - a.length)),
  ]
}

function middle(a: readonly string[], b: readonly string[], start: number): DifferenceLine[] {
  const lines: DifferenceLine[] = []
  const removed = (n: number): void => {
    lines.push({ kind: 'removed', text: a[n] ?? '', before: start + n + 1, after: null })
  }
  const added = (n: number): void => {
    lines.push({ kind: 'added', text: b[n] ?? '', before: null, after: start + n + 1 })
  }
  if ((a.length + 1) * (b.length + 1) > CELLS_MAX) {
    a.forEach((_, n) => removed(n))
    b.forEach((_, n) => added(n))
    return lines
  }
  const width = b.length + 1
  const common = commonLengths(a, b)
  let x = 0
  let y = 0
  while (x < a.length || y < b.length) {
    if (x < a.length && y < b.length && a[x] === b[y]) {
      lines.push({ kind: 'same', text: a[x] ?? '', before: start + x + 1, after: start + y + 1 })
      x++
      y++
    } else if (x < a.length && (y === b.length || at(common, (x + 1) * width + y) >= at(common, x * width + y + 1))) {
      removed(x++)
    } else {
      added(y++)
    }
  }
  return lines
}

/** At x × width + y: the length of the longest common subsequence of a from x on and b from y on. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array {
  const width = b.length + 1
  const lengths = new Uint32Array((a.length + 1) * width)
  for (let x = a.length - 1; x >= 0; x--) {
    for (let y = b.length - 1; y >= 0; y--) {
      lengths[x * width + y] =
        a[x] === b[y]
          ? at(lengths, (x + 1) * width + y + 1) + 1
          : Math.max(at(lengths, (x + 1) * width + y), at(lengths, x * width + y + 1))
    }
  }
  return lengths
}

const at = (lengths: Uint32Array, index: number): number => lengths[index] ?? 0
