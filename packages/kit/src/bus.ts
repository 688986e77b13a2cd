/**
 * Carries facts between parts of one process. Delivery is in order and in the same tick; a listener that throws is
 * reported and never stops the others. Losing a message costs time, never correctness: listeners only wake loops.
 */
export interface Bus<Facts extends object> {
  publish<Name extends keyof Facts>(name: Name, fact: Facts[Name]): void
  /** Returns how to stop listening. */
  on<Name extends keyof Facts>(name: Name, listener: (fact: Facts[Name]) => void): () => void
}

export function createBus<Facts extends object>(onListenerError: (error: unknown) => void): Bus<Facts> {
  const listeners = new Map<keyof Facts, Set<(fact: never) => void>>()
  return {
    publish: (name, fact) => {
      for (const listener of listeners.get(name) ?? []) {
        try {
          ;(listener as (fact: unknown) => void)(fact)
        } catch (error) {
          onListenerError(error)
        }
      }
    },
    on: (name, listener) => {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      set.add(listener)
      return () => void set.delete(listener)
    },
  }
}
