import type { Duplex } from 'node:stream'

/** What may come on a connection besides what its other side was asked for: a hello with what stands around it. */
export const STRANGER_BYTES_MAX = 16_384
/** What was under way when the connection was closed from here. More is not waited for. */
const AFTER_CLOSE_BYTES_MAX = 1_048_576

/** Looks at bytes before messages are made of them: nobody makes the server keep, or read, more than he may. */
export interface RawBytes {
  /** It is known who sends: messages have limits of their own. */
  welcomed(): void
  /** Nothing that still comes is listened to. */
  closing(): void
}

/** Calls `tooMuch` once; the connection is to be destroyed then. */
export function watchRawBytes(socket: Pick<Duplex, 'on' | 'off'>, tooMuch: () => void): RawBytes {
  let left = STRANGER_BYTES_MAX
  const look = (bytes: Buffer): void => {
    left -= bytes.length
    if (left >= 0) return
    socket.off('data', look)
    tooMuch()
  }
  socket.on('data', look)
  return {
    welcomed: () => void socket.off('data', look),
    closing: () => {
      left = AFTER_CLOSE_BYTES_MAX
      socket.off('data', look)
      socket.on('data', look)
    },
  }
}
