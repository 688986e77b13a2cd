import { visibleText } from './visible-text.ts'

/** The colours of output that we show; everything else a terminal could be told is dropped. */
const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const
export type Colour = (typeof COLOURS)[number]

export interface Span {
  readonly text: string
  readonly colour: Colour | undefined
  readonly bold: boolean
}

/** An escape sequence: CSI with its parameters and final byte, OSC up to its end, or a single escaped character. */
const ESCAPE =
  // oxlint-disable-next-line no-control-regex -- escape sequences are what it looks for
  /\u001b(?:\[([0-9;:]*)([\u0020-\u002f]*[\u0040-\u007e])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[\u0020-\u002f]*[\u0030-\u007e])/g

/** Splits a line of output into spans of an allowed colour. Other escape sequences vanish, other controls are shown. */
export function ansiSpans(line: string): readonly Span[] {
  const spans: Span[] = []
  let colour: Colour | undefined
  let bold = false
  let from = 0
  const push = (text: string): void => {
    if (text !== '') spans.push({ text: visibleText(text), colour, bold })
  }
  for (const match of line.matchAll(ESCAPE)) {
    push(line.slice(from, match.index))
    from = match.index + match[0].length
    if (match[2] === 'm') ({ colour, bold } = applied(match[1] ?? '', { colour, bold }))
  }
  push(line.slice(from))
  return spans
}

interface Style {
  readonly colour: Colour | undefined
  readonly bold: boolean
}

function applied(parameters: string, before: Style): Style {
  let { colour, bold } = before
  const codes = parameters.split(/[;:]/).map(Number)
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0
    if (code === 0) [colour, bold] = [undefined, false]
    else if (code === 1) bold = true
    else if (code === 22) bold = false
    else if (code === 39) colour = undefined
    else if (code >= 30 && code <= 37) colour = COLOURS[code - 30]
    else if (code >= 90 && code <= 97) colour = COLOURS[code - 90]
    else if (code === 38 || code === 48) index += codes[index + 1] === 5 ? 2 : 4
  }
  return { colour, bold }
}

/** The text without any escape sequence, for searching. */
export function withoutAnsi(text: string): string {
  return text.replaceAll(ESCAPE, '')
}
