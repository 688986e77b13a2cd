import { PIECE_CHARACTERS_MAX } from '@octopus/protocol/limits.ts'

/** Sent and not known to have arrived: at 64 kbit/s a heartbeat waits 8 s behind it, which presence survives. */
export const UNDER_WAY_CHARACTERS_MAX = 65_536
/** After so much a heartbeat is sent: its echo says that what was sent before it has arrived. */
const MARK_CHARACTERS = 32_768

export interface PacerNeeds {
  send(text: string): void
  /** Sends a heartbeat now, and tells `beaten` of it. */
  beat(): void
}

/**
 * Sends what may be long, output and results, no faster than the line carries it, so that heartbeats get through: a long
 * message goes in pieces, and no more of it is under way than a heartbeat can wait for. What is small and matters now
 * does not come by here.
 */
export interface Pacer {
  /** In order; what the line does not take yet waits here. */
  send(text: string): void
  /** Heartbeat `seq` was sent. */
  beaten(seq: number): void
  /** Heartbeat `seq` is echoed: it and all that was sent before it has arrived. */
  echoed(seq: number): void
}

export function createPacer(needs: PacerNeeds): Pacer {
  const waiting: string[] = []
  /** How much was sent between a heartbeat and the one before it. */
  const marks: { readonly seq: number; readonly characters: number }[] = []
  let underWay = 0
  let unmarked = 0
  let pieced = 0

  const pump = (): void => {
    while (underWay < UNDER_WAY_CHARACTERS_MAX) {
      const next = waiting.shift()
      if (next === undefined) return
      needs.send(next)
      underWay += next.length
      unmarked += next.length
      if (unmarked >= MARK_CHARACTERS) needs.beat()
    }
  }
  return {
    send: (text) => {
      if (text.length <= PIECE_CHARACTERS_MAX) waiting.push(text)
      else waiting.push(...inPieces(text, ++pieced))
      pump()
    },
    beaten: (seq) => {
      marks.push({ seq, characters: unmarked })
      unmarked = 0
    },
    echoed: (seq) => {
      while (marks[0] && marks[0].seq <= seq) underWay -= marks.shift()?.characters ?? 0
      pump()
    },
  }
}

/** Torn anywhere: each piece is written so that it survives, and all of them together are the text. */
function inPieces(text: string, message: number): string[] {
  const of = Math.ceil(text.length / PIECE_CHARACTERS_MAX)
  return Array.from({ length: of }, (_, index) => {
    const piece = text.slice(index * PIECE_CHARACTERS_MAX, (index + 1) * PIECE_CHARACTERS_MAX)
    return JSON.stringify({ type: 'piece', message, index, of, text: piece })
  })
}
