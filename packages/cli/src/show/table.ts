import { cellOf, headerOf, valueAt } from './cell.ts'
import { cutTo, widthOf } from './visible.ts'

/** A cell beyond this is cut on a terminal; a file gets all of it. */
export const CELL_COLUMNS_MAX = 48

/** Items as an aligned table. Nothing in it can act on a terminal. */
export function tableOf(
  items: readonly unknown[],
  columns: readonly string[],
  cellMax = Number.POSITIVE_INFINITY,
): string {
  const rows = items.map((item) => columns.map((path) => cutTo(cellOf(valueAt(item, path), path), cellMax)))
  return aligned([columns.map(headerOf), ...rows])
}

/** Lines of cells with two blanks between the columns. */
export function aligned(lines: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const line of lines) {
    for (const [index, cell] of line.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell))
  }
  const pad = (cell: string, index: number): string =>
    cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell)))
  return lines.map((line) => `${line.map(pad).join('  ').trimEnd()}\n`).join('')
}
