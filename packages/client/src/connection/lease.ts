import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { startWatch, type Watch } from '@octopus/kit/elapsed.ts'

/**
 * How long ago the server surely heard this client. It runs from the moment the last echoed heartbeat was *sent*: that
 * is before the server received it, so this lease always ends before the server's, whatever is lost, delayed or
 * buffered, in either direction. The arrival of a message proves nothing: it may have lain in a buffer for a minute.
 */
export class Lease {
  readonly #clock: Pick<Clock, 'wall' | 'monotonic'>
  readonly #sent = new Map<number, Watch>()
  #echoed = 0
  #since: Watch

  /** Begins when `hello` is sent, which is heartbeat 0. */
  constructor(clock: Pick<Clock, 'wall' | 'monotonic'>) {
    this.#clock = clock
    this.#since = startWatch(clock)
  }

  /** Call directly before heartbeat `seq` is sent. */
  sent(seq: number): void {
    this.#sent.set(seq, startWatch(this.#clock))
  }

  /** The server says that it has received `seq`. Answers whether that is news. */
  echoed(seq: number): boolean {
    const since = this.#sent.get(seq)
    if (since === undefined || seq <= this.#echoed) return false
    this.#echoed = seq
    this.#since = since
    for (const older of this.#sent.keys()) if (older <= seq) this.#sent.delete(older)
    return true
  }

  /** By the larger of both clocks: a laptop that slept notices. */
  age(): Ms {
    return this.#since.elapsed()
  }
}
