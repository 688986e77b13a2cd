import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'

/** Names an attempt in maps. */
export type KeyText = `${ExecutionId}/${number}`

/** Execution and fence name an attempt for ever: results are identified by them. */
export function keyText(key: { readonly execution: ExecutionId; readonly fence: number }): KeyText {
  return `${key.execution}/${key.fence}`
}

/** The bare key of anything that carries one. */
export function keyOf(item: AttemptKey): AttemptKey {
  return { execution: item.execution, attempt: item.attempt, fence: item.fence }
}
