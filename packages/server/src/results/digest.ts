import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { ReportedError } from '@octopus/protocol/from-client.ts'
import type { End, FinalState } from '@octopus/protocol/work.ts'

/** 128 bits: enough that two results of one run never meet by chance. */
const DIGEST_CHARACTERS = 32

/**
 * What makes two results equal: end, reason, value as text, and the error's type and message. Not its stack: the same
 * mistake has other paths on other PCs.
 */
export function resultDigest(result: {
  readonly end: End
  readonly reason: string
  readonly valueKind: string
  readonly valueJson: string | null
  readonly error: ReportedError | null
}): string {
  const { end, reason, valueKind, valueJson, error } = result
  return digest(['result', end, reason, valueKind, valueJson, error?.type ?? null, error?.message ?? null])
}

/** Of an end without a result: by state and reason, without whom the reason names (`overlap:…`). */
export function endDigest(state: FinalState, reason: string | null): string {
  return digest(['end', state, reason?.split(':', 1)[0] ?? null])
}

function digest(parts: readonly (string | null)[]): string {
  return sha256Hex(JSON.stringify(parts)).slice(0, DIGEST_CHARACTERS)
}
