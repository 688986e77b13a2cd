import { isoOf } from '@octopus/kit/instant.ts'
import { JsonText, writeJson } from '@octopus/kit/json-text.ts'
import type { RunId } from '@octopus/protocol/ids.ts'

import type { ExecutionRecord, StoredResult } from '#executions/execution-store.ts'

import { csvLine } from './csv.ts'
import type { RunResultsStore } from './run-results-store.ts'

type Row = ExecutionRecord & { readonly result: StoredResult | null }

/** Read at once: so much waits in memory for a slow reader, and a result fits. */
const READ_BYTES = 1_048_576

const COLUMNS: readonly (readonly [string, (row: Row) => string | number | null])[] = [
  ['execution', (row) => row.id],
  ['slot', (row) => row.slotLabel],
  ['client', (row) => row.clientName],
  ['client id', (row) => row.client],
  ['state', (row) => row.state],
  ['reason', (row) => row.reason],
  ['attempt', (row) => row.attempt],
  ['due at', (row) => isoOf(row.dueAt)],
  ['started at', (row) => row.startedAt && isoOf(row.startedAt)],
  ['ended at', (row) => row.endedAt && isoOf(row.endedAt)],
  ['value', (row) => row.result?.valueJson ?? null],
  ['error type', (row) => row.result?.error?.type ?? null],
  ['error', (row) => row.result?.error?.message ?? null],
  ['output bytes', (row) => row.result?.outputBytes ?? null],
]

/** Excel takes a file without this mark for one in the PC's old code page. */
const BYTE_ORDER_MARK = '\uFEFF'

/** The executions of a run as lines of CSV, read as they are sent. */
export async function* runAsCsv(store: Pick<RunResultsStore, 'readRunResults'>, run: RunId): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + csvLine(COLUMNS.map(([name]) => name))
  for await (const rows of pages(store, run))
    yield rows.map((row) => csvLine(COLUMNS.map(([, cell]) => cell(row)))).join('')
}

/** The executions of a run as one JSON list, read as they are sent; values are the text that is stored. */
export async function* runAsJson(store: Pick<RunResultsStore, 'readRunResults'>, run: RunId): AsyncGenerator<string> {
  let before = '[\n'
  for await (const rows of pages(store, run)) {
    yield before + rows.map((row) => writeJson(jsonRow(row))).join(',\n')
    before = ',\n'
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

function jsonRow(row: Row): object {
  const { result } = row
  return {
    execution: row.id,
    slot: { ...row.slot, label: row.slotLabel },
    client: row.client === null ? null : { id: row.client, name: row.clientName },
    state: row.state,
    reason: row.reason,
    attempt: row.attempt,
    dueAt: isoOf(row.dueAt),
    startedAt: row.startedAt && isoOf(row.startedAt),
    endedAt: row.endedAt && isoOf(row.endedAt),
    ...(result?.valueJson !== null && result !== null && { value: new JsonText(result.valueJson) }),
    error: result?.error ?? null,
    outputBytes: result?.outputBytes ?? null,
  }
}

async function* pages(store: Pick<RunResultsStore, 'readRunResults'>, run: RunId): AsyncGenerator<readonly Row[]> {
  let after: string | null = null
  for (;;) {
    const rows: readonly Row[] = await store.readRunResults({ run, after, limitBytes: READ_BYTES })
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    after = last.slot.value
  }
}
