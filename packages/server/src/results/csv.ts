/** A line of CSV (RFC 4180). Every cell is quoted: whatever is in it, it stays one cell. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map((cell) => `"${harmless(cell).replaceAll('"', '""')}"`).join(',')}\r\n`
}

/** How spreadsheets know a formula, also behind blanks and in the wide letters of East Asian keyboards. */
const LOOKS_LIKE_A_FORMULA = /^[\s\0]*[=+\-@|%＝＋－＠]|^[\t\r\n]/
const IS_A_NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** What a plugin or a PC said must not become a formula that the reader's spreadsheet runs: an apostrophe makes it text. */
function harmless(cell: string | number | null): string {
  if (cell === null) return ''
  const text = String(cell).replaceAll('\0', '')
  return LOOKS_LIKE_A_FORMULA.test(text) && !IS_A_NUMBER.test(text) ? `'${text}` : text
}
