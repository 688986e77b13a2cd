import type { FromClient } from '@octopus/protocol/from-client.ts'

/** A message costs a unit more for each so many bytes: reading 20 MiB a second of one client is enough. */
const BYTES_PER_UNIT = 4_096
/** Each is a write, and news for every page that shows plugins. An honest client says it once for each change. */
const SYNCED_UNITS = 20
/** Each is answered. An honest client sends one a second at most. */
const HEARTBEAT_UNITS = 10
/** What the store is asked about costs more than what is only looked at. */
const STORED_ITEM_UNITS = 2

/** Pure: what a message costs the server, about, in units. */
export function unitsOf(message: FromClient, bytes: number): number {
  return 1 + Math.floor(bytes / BYTES_PER_UNIT) + contentUnits(message)
}

function contentUnits(message: FromClient): number {
  switch (message.type) {
    case 'heartbeat':
      return HEARTBEAT_UNITS
    case 'synced':
      return SYNCED_UNITS
    case 'inventory':
      return message.attempts.length
    case 'accepted':
      return message.executions.length
    case 'started':
    case 'rejected':
      return STORED_ITEM_UNITS * message.executions.length
    case 'output':
      return STORED_ITEM_UNITS * message.chunks.length
    case 'result':
      return STORED_ITEM_UNITS * message.results.length
    default:
      return 0
  }
}
