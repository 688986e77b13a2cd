/** What became of a call. */
export type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown }

/** A verb that somebody waits for. */
export interface Call {
  readonly verb: string
  readonly input: unknown
  readonly settle: (answer: Answer) => void
}

/** Calls in order of arrival; those of the verbs in `first` before all others. */
export class CallQueue {
  readonly #first: ReadonlySet<string>
  readonly #urgent = new Line()
  readonly #others = new Line()

  constructor(first: ReadonlySet<string>) {
    this.#first = first
  }

  add(call: Call): void {
    if (this.#first.has(call.verb)) this.#urgent.add(call)
    else this.#others.add(call)
  }

  get length(): number {
    return this.#urgent.length + this.#others.length
  }

  take(): Call | undefined {
    return this.#urgent.take() ?? this.#others.take()
  }

  /** The next that is not urgent: one of them goes with every batch, so that a flood of results starves nobody. */
  takeOther(): Call | undefined {
    return this.#others.take()
  }
}

/** First in, first out, without moving what waits. */
class Line {
  #calls: Call[] = []
  #head = 0

  get length(): number {
    return this.#calls.length - this.#head
  }

  add(call: Call): void {
    this.#calls.push(call)
  }

  take(): Call | undefined {
    const call = this.#calls[this.#head]
    if (!call) return undefined
    this.#head += 1
    if (this.#head === this.#calls.length) {
      this.#calls = []
      this.#head = 0
    }
    return call
  }
}
