import { refusal } from '@octopus/protocol/errors.ts'

import type { Store, StoreVerbs } from './store.ts'

/** One failure on purpose. */
export interface Fault {
  /** Only calls of this verb count; without it all do. */
  readonly verb?: keyof StoreVerbs
  /** The call that fails, counted from 1. */
  readonly nth: number
  /**
   * `before`: nothing was changed. `after`: it was committed, and the answer was lost; a caller that tries again must
   * come to the same end.
   */
  readonly when: 'before' | 'after'
}

/** Any store, whose n-th call fails as if the disk were full or the process had died before it could answer. */
export function createFaultyStore(store: Store, faults: readonly Fault[]): Store {
  let calls = 0
  const callsOf = new Map<string, number>()

  const faultOf = (verb: string): Fault | undefined => {
    calls += 1
    const ofVerb = (callsOf.get(verb) ?? 0) + 1
    callsOf.set(verb, ofVerb)
    return faults.find((fault) =>
      fault.verb === undefined ? fault.nth === calls : fault.verb === verb && fault.nth === ofVerb,
    )
  }

  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      const act = member as (input: unknown) => Promise<unknown>
      if (typeof name === 'symbol') return act.bind(target)
      return async (input: unknown): Promise<unknown> => {
        const fault = faultOf(name)
        if (fault?.when === 'before') throw refusal('STORE_UNAVAILABLE')
        const answer = await act.call(target, input)
        if (fault?.when === 'after') throw refusal('STORE_UNAVAILABLE')
        return answer
      }
    },
  })
}
