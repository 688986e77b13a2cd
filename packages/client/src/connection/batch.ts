import { BATCH_ITEMS_MAX } from '@octopus/protocol/limits.ts'

/** Room for what stands around the items of a message. */
const ENVELOPE_BYTES = 256

/** Splits items, given as JSON text, into lists that fit into one message each. An item is never split. */
export function* inBatches(items: readonly string[], messageBytesMax: number): Generator<readonly string[]> {
  let batch: string[] = []
  let bytes = ENVELOPE_BYTES
  for (const item of items) {
    const itemBytes = Buffer.byteLength(item) + 1
    if (batch.length > 0 && (batch.length >= BATCH_ITEMS_MAX || bytes + itemBytes > messageBytesMax)) {
      yield batch
      batch = []
      bytes = ENVELOPE_BYTES
    }
    batch.push(item)
    bytes += itemBytes
  }
  if (batch.length > 0) yield batch
}
