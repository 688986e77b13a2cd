import { pickIndex, type Random } from '@octopus/kit/random.ts'
import type { FromClient, Inventory, ResultItem } from '@octopus/protocol/from-client.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'

type Attempt = Inventory['attempts'][number]

/** What a liar needs of the world: where its messages go, and who is told that an execution is lied about. */
interface LiarNeeds {
  readonly random: Random
  readonly wall: () => number
  readonly liedAbout: Set<string>
  /** Executions of anybody. */
  readonly others: () => readonly string[]
}

/**
 * A program between an honest client and the server that lies: it hides what the client has from its inventory, under the
 * name of another journal, and then tells of it as if nothing had been: starts, rejections, results. And it tells of
 * what was never its own.
 */
export class Liar {
  readonly #needs: LiarNeeds
  #hidden: readonly Attempt[] = []

  constructor(needs: LiarNeeds) {
    this.#needs = needs
  }

  /** What the server gets instead of one message of the client. */
  instead(text: string): readonly string[] {
    const message = JSON.parse(text) as FromClient
    if (message.type === 'hello')
      return [JSON.stringify({ ...message, journalId: `lie ${this.#needs.random.fraction()}` })]
    if (message.type === 'inventory') {
      this.#hidden = message.attempts
      for (const { execution } of message.attempts) this.#needs.liedAbout.add(execution)
      return [JSON.stringify({ ...message, attempts: [] })]
    }
    // From its first heartbeat on the session is settled.
    if (message.type !== 'heartbeat') return [text]
    const lies = [...this.#hidden.map((attempt) => this.#lie(attempt)), ...this.#strangers()]
    this.#hidden = []
    return [...lies.map((lie) => JSON.stringify(lie)), text]
  }

  #lie(attempt: Attempt): FromClient {
    const { execution, attempt: number, fence } = attempt
    const key = { execution, attempt: number, fence }
    const kind = pickIndex(this.#needs.random, 5)
    if (kind <= 1) return { type: 'started', executions: [{ ...key, startedAt: this.#needs.wall() }] }
    if (kind <= 3) return { type: 'rejected', executions: [{ ...key, reason: 'runtime-missing', detail: 'a lie' }] }
    return { type: 'result', journalSeq: 1, results: [this.#result({ ...key, fenceProof: attempt.fenceProof })] }
  }

  /** R6: another client's work, an attempt that is to come, a proof that is none. */
  #strangers(): readonly FromClient[] {
    const all = this.#needs.others()
    const execution = all[pickIndex(this.#needs.random, all.length)] as ExecutionId | undefined
    if (execution === undefined) return []
    const wrong = { execution, attempt: 9, fence: 1_000_000 + pickIndex(this.#needs.random, 1_000) }
    const result = this.#result({ ...wrong, fenceProof: 'A'.repeat(43) })
    return [
      { type: 'started', executions: [{ ...wrong, startedAt: 0 }] },
      { type: 'rejected', executions: [{ ...wrong, reason: 'no-slot', detail: 'a lie' }] },
      { type: 'result', journalSeq: 1, results: [result] },
    ]
  }

  #result(of: Pick<ResultItem, 'execution' | 'attempt' | 'fence' | 'fenceProof'>): ResultItem {
    return {
      ...of,
      end: 'succeeded',
      reason: 'finished',
      valueJson: '"a lie"',
      valueKind: 'json',
      error: null,
      startedAt: null,
      endedAt: this.#needs.wall(),
      outputBytes: 0,
      cut: { output: false, value: false },
    }
  }
}
