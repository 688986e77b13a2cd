import type { Clock } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { Acknowledge } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { OutputStore } from './output-store.ts'
import { appendSound } from './sound-output.ts'

/** Attempts of one client of which it is remembered that their output waits; the others wait for a reconnect. */
const REMEMBERED_MAX = 1_000

/**
 * Output that is not taken while the disk is low. The client keeps what is not acknowledged, as far as it has room, and
 * sends no more than its window; told how far each is stored, it goes on from there.
 */
export class WithheldOutput {
  readonly #attempts = new Map<ClientId, Map<string, AttemptKey>>()

  hold(client: ClientId, keys: readonly AttemptKey[]): void {
    const held = this.#attempts.getOrInsert(client, new Map())
    for (const { execution, attempt, fence } of keys) {
      if (held.size < REMEMBERED_MAX) held.set(`${execution} ${fence}`, { execution, attempt, fence })
    }
  }

  /**
   * How far the output of each is stored, for its client; what the store refuses to say stays withheld, and rejects. Each
   * client is told once, as long as there is room: told, it sends, and what finds no room again waits for the next time.
   */
  async release(
    needs: {
      readonly store: Pick<OutputStore, 'appendOutput'>
      readonly clock: Pick<Clock, 'wall'>
      readonly hasRoom: () => boolean
    },
    tell: (client: ClientId, output: Acknowledge['output']) => void,
  ): Promise<void> {
    for (const client of Array.from(this.#attempts.keys())) {
      const held = this.#attempts.get(client)
      if (!held) continue
      if (!needs.hasRoom()) return
      this.#attempts.delete(client)
      // Nothing, far behind the end: it is not stored, and the answer says how far the rest is.
      const nothing = { offset: Number.MAX_SAFE_INTEGER, stream: 'stdout', at: 0, text: '' } as const
      const chunks = [...held.values()].map((key) => ({ ...key, ...nothing }))
      try {
        tell(client, [...(await appendSound(needs.store, { now: needs.clock.wall(), chunks }))])
      } catch (error) {
        this.hold(client, [...held.values()])
        throw error
      }
    }
  }
}
