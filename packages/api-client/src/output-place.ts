/** How far somebody has read the output of an execution, and which attempt printed it: null before anything was read. */
export interface OutputPlace {
  readonly attempt: number | null
  /** The byte to read on from. */
  readonly next: number
}

export const OUTPUT_START: OutputPlace = { attempt: null, next: 0 }

/**
 * Whether a page that was read on from a place is of another attempt than what was read before. It is then a piece out of
 * the middle: its reader lets it go, and begins anew at `OUTPUT_START`.
 */
export function isOfAnotherAttempt(read: OutputPlace, page: { readonly attempt: number | null }): boolean {
  // Null: it has been deleted since. What was read of it stands.
  return read.next > 0 && page.attempt !== null && page.attempt !== read.attempt
}

/** The place after a page that is none of another attempt. */
export function placeAfter(read: OutputPlace, page: OutputPlace): OutputPlace {
  return { attempt: page.attempt ?? read.attempt, next: Math.max(read.next, page.next) }
}
