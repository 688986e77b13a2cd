/** Line and column, both from 1, of positions that rise. */
export function createPlaces(source: string): (position: number) => { line: number; column: number } {
  let line = 1
  let lineStart = 0
  return (position) => {
    for (
      let next = source.indexOf('\n', lineStart);
      next >= 0 && next < position;
      next = source.indexOf('\n', lineStart)
    ) {
      line++
      lineStart = next + 1
    }
    return { line, column: position - lineStart + 1 }
  }
}
