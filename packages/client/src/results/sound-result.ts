import { ResultItemSchema, type ResultItem } from '@octopus/protocol/from-client.ts'
import { MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'
import { parser } from '@octopus/protocol/schema.ts'

/** A result as an item of a message: room is left for what stands around it. */
const ITEM_BYTES_MAX = MESSAGE_BYTES_MAX - 4_096
/** JSON inside JSON inside JSON: one character becomes at most so many bytes. */
const BYTES_PER_CHARACTER_MAX = 8

const parse = parser(ResultItemSchema)

/**
 * The result as it can be journalled and sent. A message that breaks the contract would close every session it is sent
 * in, for ever; so what does not fit is cut, and what is wrong becomes a failure that says so. Both before the journal.
 */
export function soundResult(result: ResultItem): ResultItem {
  const parsed = parse(result)
  if (!parsed.ok) {
    const problems = parsed.problems.map(({ field, message }) => `${field} ${message}`).join('; ')
    return withoutValue(result, `The runner reported a result that is not one: ${problems}`)
  }
  if (Buffer.byteLength(JSON.stringify(result)) <= ITEM_BYTES_MAX || result.valueJson === null) return result
  const rest = Buffer.byteLength(JSON.stringify({ ...result, valueJson: null }))
  const text = result.valueJson.slice(0, Math.floor((ITEM_BYTES_MAX - rest) / BYTES_PER_CHARACTER_MAX))
  return { ...result, valueJson: JSON.stringify(text), valueKind: 'text', cut: { ...result.cut, value: true } }
}

function withoutValue(result: ResultItem, message: string): ResultItem {
  return {
    execution: result.execution,
    attempt: result.attempt,
    fence: result.fence,
    fenceProof: result.fenceProof,
    end: 'failed',
    reason: 'crashed',
    valueJson: null,
    valueKind: 'json',
    error: { message: message.slice(0, 1_000), type: 'BadResult', stack: '' },
    startedAt: null,
    endedAt: Math.max(0, Math.floor(result.endedAt)) || 0,
    outputBytes: Math.max(0, Math.floor(result.outputBytes)) || 0,
    cut: { output: true, value: true },
  }
}
