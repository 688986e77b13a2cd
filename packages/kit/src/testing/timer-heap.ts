/** A timer that waits for its turn. */
export interface HeapTimer {
  readonly dueMs: number
  /** Order of creation: timers of one instant fire in it, as in Node. */
  readonly order: number
  readonly fire: () => void
  cancelled: boolean
}

/** A binary heap by due time: the simulator keeps many thousands of timers. */
export class TimerHeap {
  #timers: HeapTimer[] = []
  #live = 0

  get live(): number {
    return this.#live
  }

  add(timer: HeapTimer): void {
    this.#live++
    this.#timers.push(timer)
    let index = this.#timers.length - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#before(index, parent)) break
      this.#swap(index, parent)
      index = parent
    }
  }

  cancel(timer: HeapTimer): void {
    if (timer.cancelled) return
    timer.cancelled = true
    this.#live--
  }

  /** The earliest timer that is not cancelled. */
  first(): HeapTimer | undefined {
    while (this.#timers[0]?.cancelled) this.#removeFirst()
    return this.#timers[0]
  }

  take(): HeapTimer | undefined {
    const timer = this.first()
    if (timer === undefined) return undefined
    this.#removeFirst()
    timer.cancelled = true
    this.#live--
    return timer
  }

  #removeFirst(): void {
    const last = this.#timers.pop()
    if (last === undefined || this.#timers.length === 0) return
    this.#timers[0] = last
    let index = 0
    for (;;) {
      const left = index * 2 + 1
      let least = index
      if (left < this.#timers.length && this.#before(left, least)) least = left
      if (left + 1 < this.#timers.length && this.#before(left + 1, least)) least = left + 1
      if (least === index) return
      this.#swap(index, least)
      index = least
    }
  }

  #before(a: number, b: number): boolean {
    const left = this.#timers[a]
    const right = this.#timers[b]
    if (left === undefined || right === undefined) return false
    return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order)
  }

  #swap(a: number, b: number): void {
    const left = this.#timers[a]
    const right = this.#timers[b]
    if (left === undefined || right === undefined) return
    this.#timers[a] = right
    this.#timers[b] = left
  }
}
