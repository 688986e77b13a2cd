import { isOfAnotherAttempt, OUTPUT_START, type OutputPlace, placeAfter } from '@octopus/api-client/output-place.ts'

import type { OutputItem, OutputPage } from './execution-queries.ts'

/** One line of output as it is shown. */
export interface Line {
  /** Byte at which it begins: stays the same while more arrives. */
  readonly key: string
  readonly stream: OutputItem['stream']
  readonly at: string
  readonly text: string
}

/** Output read so far: whole lines, and of each stream the last line that may still grow. */
export interface OutputText extends OutputPlace {
  readonly lines: readonly Line[]
  readonly open: Readonly<Partial<Record<OutputItem['stream'], Line>>>
  /** All there will ever be has been read. */
  readonly complete: boolean
}

export const NO_OUTPUT: OutputText = { ...OUTPUT_START, lines: [], open: {}, complete: false }

/** Older lines than this many are dropped from the page; the download has them all. */
export const LINES_MAX = 5_000

/**
 * Adds a page that was read on from `next`. Items that are older than that were read before and change nothing; a page of
 * another attempt is a piece out of its middle, so that all is to be read again from its first byte.
 */
export function addOutput(before: OutputText, page: OutputPage): OutputText {
  if (isOfAnotherAttempt(before, page)) return NO_OUTPUT
  const lines = [...before.lines]
  const open = { ...before.open }
  for (const item of page.items) {
    if (item.offset < before.next) continue
    const parts = item.text.split('\n')
    for (const [index, part] of parts.entries()) {
      const begun = open[item.stream]
      const line = begun
        ? { ...begun, text: begun.text + part }
        : { key: `${item.offset}-${index}`, stream: item.stream, at: item.at, text: part }
      const last = index === parts.length - 1
      if (!last) {
        lines.push({ ...line, text: shown(line.text) })
        delete open[item.stream]
      } else if (line.text !== '') open[item.stream] = line
    }
  }
  return { ...placeAfter(before, page), lines: lines.slice(-LINES_MAX), open, complete: page.complete }
}

/** A carriage return begins the line anew, as progress bars do: the last writing counts. */
function shown(text: string): string {
  const whole = text.endsWith('\r') ? text.slice(0, -1) : text
  return whole.slice(whole.lastIndexOf('\r') + 1)
}

/** All lines, with those that may still grow at the end. */
export function allLines(output: OutputText): readonly Line[] {
  return [...output.lines, ...Object.values(output.open).map((line) => ({ ...line, text: shown(line.text) }))]
}
