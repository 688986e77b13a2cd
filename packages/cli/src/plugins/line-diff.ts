/** Lines around a change that are shown. */
const CONTEXT = 3
/** Comparing more lines with each other than this is not worth the time: all of them count as changed. */
const COMPARISONS_MAX = 4_000_000

interface Line {
  readonly mark: ' ' | '-' | '+'
  readonly text: string
}

/** The difference of two texts as `diff -u` writes it; empty when there is none. */
export function lineDiff(before: string, after: string, names: readonly [string, string]): string {
  if (before === after) return ''
  const lines = compared(before.split('\n'), after.split('\n'))
  const hunks = hunksOf(lines).map((hunk) => hunk.join('\n'))
  return [`--- ${names[0]}`, `+++ ${names[1]}`, ...hunks, ''].join('\n')
}

function compared(a: readonly string[], b: readonly string[]): readonly Line[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const same = (text: string): Line => ({ mark: ' ', text })
  return [
    ...a.slice(0, start).map(same),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ]
}

/** The longest common subsequence, by the table that every textbook has. */
function middle(a: readonly string[], b: readonly string[]): readonly Line[] {
  const removed = (text: string): Line => ({ mark: '-', text })
  const added = (text: string): Line => ({ mark: '+', text })
  if (a.length * b.length > COMPARISONS_MAX) return [...a.map(removed), ...b.map(added)]
  const width = b.length + 1
  const longest = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ mark: ' ', text: a[i] ?? '' })
      i++
      j++
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) lines.push(removed(a[i++] ?? ''))
    else lines.push(added(b[j++] ?? ''))
  }
  return lines
}

function hunksOf(lines: readonly Line[]): readonly (readonly string[])[] {
  const changed = lines.flatMap(({ mark }, index) => (mark === ' ' ? [] : [index]))
  const spans: [from: number, to: number][] = []
  for (const index of changed) {
    const last = spans.at(-1)
    if (last && index - CONTEXT <= last[1]) last[1] = Math.min(lines.length, index + CONTEXT + 1)
    else spans.push([Math.max(0, index - CONTEXT), Math.min(lines.length, index + CONTEXT + 1)])
  }
  return spans.map(([from, to]) => {
    const shown = lines.slice(from, to)
    const count = (part: readonly Line[], without: Line['mark']): number =>
      part.filter(({ mark }) => mark !== without).length
    const place = (without: Line['mark']): string => {
      const size = count(shown, without)
      return `${count(lines.slice(0, from), without) + (size > 0 ? 1 : 0)},${size}`
    }
    return [`@@ -${place('+')} +${place('-')} @@`, ...shown.map(({ mark, text }) => mark + text)]
  })
}
