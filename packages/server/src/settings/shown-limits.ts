import * as limits from '@octopus/protocol/limits.ts'

interface Limit {
  readonly name: string
  readonly value: number
  readonly unit: string
}

/** What people run into, with the unit that they think in. The names are those of `limits.ts`. */
export const SHOWN_LIMITS: readonly Limit[] = [
  { name: 'PLUGIN_BYTES_MAX', value: limits.PLUGIN_BYTES_MAX, unit: 'bytes' },
  { name: 'ARGUMENT_BYTES_MAX', value: limits.ARGUMENT_BYTES_MAX, unit: 'bytes' },
  { name: 'ARGUMENT_DEPTH_MAX', value: limits.ARGUMENT_DEPTH_MAX, unit: 'levels' },
  { name: 'RESULT_BYTES_MAX', value: limits.RESULT_BYTES_MAX, unit: 'bytes' },
  { name: 'OUTPUT_BYTES_MAX', value: limits.OUTPUT_BYTES_MAX, unit: 'bytes' },
  { name: 'BODY_BYTES_MAX', value: limits.BODY_BYTES_MAX, unit: 'bytes' },
  { name: 'PAGE_ITEMS_MAX', value: limits.PAGE_ITEMS_MAX, unit: 'items' },
  { name: 'LABELS_MAX', value: limits.LABELS_MAX, unit: 'labels' },
  { name: 'LABEL_CHARACTERS_MAX', value: limits.LABEL_CHARACTERS_MAX, unit: 'characters' },
  { name: 'SCHEDULES_MAX', value: limits.SCHEDULES_MAX, unit: 'tasks' },
  { name: 'SLOTS_MAX', value: limits.SLOTS_MAX, unit: 'executions' },
  { name: 'INTERVAL_SECONDS_MIN', value: limits.INTERVAL_SECONDS_MIN, unit: 'seconds' },
  { name: 'TIMEOUT_SECONDS_MAX', value: limits.TIMEOUT_SECONDS_MAX, unit: 'seconds' },
  { name: 'DEADLINE_SECONDS_MAX', value: limits.DEADLINE_SECONDS_MAX, unit: 'seconds' },
  { name: 'IDEMPOTENCY_KEYS_MAX', value: limits.IDEMPOTENCY_KEYS_MAX, unit: 'keys of a caller' },
]
