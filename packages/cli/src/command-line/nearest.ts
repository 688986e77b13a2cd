/** Words this far apart are not taken for a slip of the fingers. */
const DISTANCE_MAX = 2

/** The word that was probably meant, if one is near. */
export function nearest(wrong: string, words: readonly string[]): string | undefined {
  const found = words
    .map((word) => ({ word, far: distance(wrong.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, far }) => far <= Math.min(DISTANCE_MAX, Math.max(1, word.length - 2)))
    .toSorted((a, b) => a.far - b.far)[0]
  return found?.word
}

/** Letters to add, drop, change or swap with their neighbour (Damerau and Levenshtein, restricted). */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i + j))
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1)
      const row = rows[i]
      if (row) row[j] = best
    }
  }
  return at(a.length, b.length)
}
