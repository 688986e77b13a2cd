/** What would move the cursor, colour, hide or turn text around in a terminal, besides the end of a line. */
const DANGEROUS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu

/** Text from clients and plugins is hostile in a terminal: what is no plain character is written out, as `\u{1b}`. */
export function visible(text: string): string {
  return text.replaceAll(DANGEROUS, escaped)
}

/** The same for text of many lines: line ends and tabs stay; a carriage return before a line end goes. */
export function visibleLines(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(DANGEROUS, (char) => (char === '\n' || char === '\t' ? char : escaped(char)))
}

/** JSON says the same with these characters written out, so that a terminal never sees them. */
export function visibleJson(json: string): string {
  return json.replaceAll(DANGEROUS, (char) => {
    if (char === '\n' || char === '\r' || char === '\t') return char
    return Array.from({ length: char.length }, (_, i) => `\\u${hex(char.charCodeAt(i)).padStart(4, '0')}`).join('')
  })
}

function escaped(char: string): string {
  if (char === '\n') return String.raw`\n`
  if (char === '\t') return String.raw`\t`
  if (char === '\r') return String.raw`\r`
  return `\\u{${hex(char.codePointAt(0) ?? 0)}}`
}

const hex = (code: number): string => code.toString(16)

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** What takes two columns: East Asian wide forms and pictures. */
const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}])/u

/** Columns that a text takes in a terminal. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1
  return width
}

/** At most so many columns; what is cut shows as `…`. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let kept = ''
  let width = 0
  for (const { segment } of graphemes.segment(text)) {
    width += WIDE.test(segment) ? 2 : 1
    if (width > columns - 1) break
    kept += segment
  }
  return `${kept}…`
}
