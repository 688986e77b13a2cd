import { present } from '@octopus/kit/assert.ts'
import type { ReportedError } from '@octopus/protocol/from-client.ts'
import type { RunId } from '@octopus/protocol/ids.ts'
import type { FinalState } from '@octopus/protocol/work.ts'

import type { ResultGroupRecord, RunResultsStore } from '#results/run-results-store.ts'
import { pageOf, parseKey } from '#store/sql/page-rows.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import {
  EXECUTION_FROM,
  EXECUTION_SELECT,
  executionRecord,
  type ExecutionRow,
  RESULT_COLUMNS,
  type ResultColumns,
  storedResult,
} from './execution-reads.ts'

/** Characters of a sample: enough to see what is different. */
const PREVIEW_CHARACTERS = 2_000
/** Executions of one read, however small their results are. */
const READ_ROWS_MAX = 500

export const runResultVerbs: VerbsOf<RunResultsStore> = {
  listRunResults: (tx, request) => {
    const { run } = request
    const after = parseKey(request, 2)
    const [count, digest] = after === null ? [Number.MAX_SAFE_INTEGER, ''] : [Number(after[0]), String(after[1])]
    const groups = tx.all<GroupRow>(
      `select digest, count(*) as count, min(id) as sample from execution indexed by execution_by_digest
        where run_id = ? and digest is not null group by digest
        having count(*) < ? or count(*) = ? and digest > ? order by count(*) desc, digest limit ?`,
      run,
      count,
      count,
      digest,
      request.limit + 1,
    )
    const all = tx.get<{ groups: number }>(
      `select count(distinct digest) as groups from execution indexed by execution_by_digest
        where run_id = ? and digest is not null`,
      run,
    )
    return pageOf(request, groups, {
      keyOf: (row) => [row.count, row.digest],
      map: (row) => resultGroup(tx, row),
      total: { value: all?.groups ?? 0, exact: true },
    })
  },

  readRunResults: (tx, { run, after, limitBytes }) => {
    const first = after === null ? 'e.slot_value >= ?' : 'e.slot_value > ?'
    const last = lastWithin(tx, { run, first, after: after ?? '', limitBytes })
    if (last === undefined) return []
    const rows = tx.all<ExecutionRow & ResultColumns>(
      `${EXECUTION_SELECT}, ${RESULT_COLUMNS} from execution e ${EXECUTION_FROM}
        where e.run_id = ? and ${first} and e.slot_value <= ? order by e.slot_value`,
      run,
      after ?? '',
      last,
    )
    return rows.map((row) => {
      const hasResult = row.value_kind !== null || row.error_json !== null
      return { ...executionRecord(row), result: hasResult ? storedResult(row) : null }
    })
  },
}

interface GroupRow {
  readonly digest: string
  readonly count: number
  readonly sample: string
}

/** The last slot with which so many bytes are reached; lengths stand in the rows' heads, the results are not read. */
function lastWithin(
  tx: Tx,
  read: { readonly run: RunId; readonly first: string; readonly after: string; readonly limitBytes: number },
): string | undefined {
  const rows = tx.all<{ slot_value: string; bytes: number }>(
    `select e.slot_value, coalesce(octet_length(e.value_json), 0) + coalesce(octet_length(e.error_json), 0) as bytes
      from execution e where e.run_id = ? and ${read.first} order by e.slot_value limit ?`,
    read.run,
    read.after,
    READ_ROWS_MAX,
  )
  let bytes = 0
  const beyond = rows.findIndex((row) => (bytes += row.bytes) > read.limitBytes)
  return (beyond === -1 ? rows.at(-1) : (rows[beyond - 1] ?? rows[0]))?.slot_value
}

interface SampleRow extends ExecutionRow {
  readonly preview: string | null
  readonly is_cut: number
  readonly error_json: string | null
}

function resultGroup(tx: Tx, { digest, count, sample }: GroupRow): ResultGroupRecord {
  const row = present(
    tx.get<SampleRow>(
      `${EXECUTION_SELECT}, substr(e.value_json, 1, ?) as preview,
        coalesce(length(e.value_json) > ?, 0) as is_cut, e.error_json
        from execution e ${EXECUTION_FROM} where e.id = ?`,
      PREVIEW_CHARACTERS,
      PREVIEW_CHARACTERS,
      sample,
    ),
    'the execution of a group',
  )
  const { slot, slotLabel, client, clientName, reason, state } = executionRecord(row)
  const error = row.error_json === null ? null : (JSON.parse(row.error_json) as ReportedError)
  const message = error?.message.slice(0, PREVIEW_CHARACTERS) ?? ''
  return {
    digest,
    count,
    state: state as FinalState,
    sample: {
      execution: row.id,
      slot,
      slotLabel,
      client,
      clientName,
      reason,
      preview: row.preview,
      error: error && { message, type: error.type },
      cut: row.is_cut === 1 || message.length < (error?.message.length ?? 0),
    },
  }
}
