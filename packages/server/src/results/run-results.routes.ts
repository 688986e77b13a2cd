import { Readable } from 'node:stream'

import { refusal } from '@octopus/protocol/errors.ts'
import type { RunId } from '@octopus/protocol/ids.ts'
import type { ResultGroup } from '@octopus/protocol/rest/runs.ts'

import type { Cursors } from '#http/cursor.ts'
import { answerPage } from '#http/paging.ts'
import { Download, type Handlers } from '#http/route.ts'
import type { RunStore } from '#runs/run-store.ts'

import { runAsCsv, runAsJson } from './run-export.ts'
import type { ResultGroupRecord, RunResultsStore } from './run-results-store.ts'

export interface RunResultsRouteNeeds {
  readonly store: RunResultsStore & Pick<RunStore, 'readRun'>
  readonly cursors: Cursors
}

type RunResultsRoutes = 'listRunResults' | 'downloadRunCsv' | 'downloadRunJson'

export function runResultsRoutes({ store, cursors }: RunResultsRouteNeeds): Handlers<RunResultsRoutes> {
  const existing = async (id: RunId): Promise<RunId> => {
    if (!(await store.readRun({ id }))) throw refusal('RUN_NOT_FOUND', { run: id })
    return id
  }
  return {
    listRunResults: async ({ params, query }) => {
      const filter = { run: await existing(params.id) }
      const list = { name: 'listRunResults', filter, query } as const
      return answerPage(cursors, list, (page) => store.listRunResults({ ...page, ...filter }), groupAnswer)
    },

    downloadRunCsv: async ({ params }) =>
      download('text/csv; charset=utf-8', runAsCsv(store, await existing(params.id)), `run-${params.id}.csv`),

    downloadRunJson: async ({ params }) =>
      download('application/json; charset=utf-8', runAsJson(store, await existing(params.id)), `run-${params.id}.json`),
  }
}

/** As a file: never shown by the browser, whatever a plugin returned. */
function download(type: string, lines: AsyncIterable<string>, name: string): Download {
  const headers = { 'content-disposition': `attachment; filename="${name}"` }
  return new Download(type, Readable.from(lines, { objectMode: false }), headers)
}

function groupAnswer({ digest, count, state, sample }: ResultGroupRecord): ResultGroup {
  const { execution, slot, slotLabel, client, clientName, reason, preview, error, cut } = sample
  return {
    digest,
    count,
    state,
    sample: {
      execution,
      slot: { ...slot, label: slotLabel },
      client: client === null ? null : { id: client, name: clientName ?? client },
      reason,
      preview,
      error,
      cut,
    },
  }
}
