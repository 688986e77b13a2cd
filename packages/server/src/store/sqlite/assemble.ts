import type { Store } from '#store/store.ts'

import { KINDS, type VerbKind, type VerbName } from './kinds.ts'

/** A store whose every verb is one call of `submit`; so no verb has to be written down once more for each host. */
export function assembleStore(host: {
  readonly submit: (kind: VerbKind, verb: VerbName, input: unknown) => Promise<unknown>
  readonly close: () => Promise<void>
}): Store {
  const verbs = Object.entries(KINDS).map(([name, kind]) => [
    name,
    (input: unknown) => host.submit(kind, name as VerbName, input),
  ])
  return { ...Object.fromEntries(verbs), [Symbol.asyncDispose]: host.close } as Store
}
