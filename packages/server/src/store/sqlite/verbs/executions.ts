import type { ExecutionStore } from '#executions/execution-store.ts'
import type { VerbsOf } from '#store/sqlite/tx.ts'

import { endingVerbs } from './endings.ts'
import { executionReadVerbs } from './execution-reads.ts'
import { handOverVerbs } from './hand-over.ts'
import { listExecutionVerbs } from './list-executions.ts'
import { pauseVerbs } from './pauses.ts'
import { resultVerbs } from './results.ts'

/** All of the execution port but `reconcile`, which belongs to the session verbs. */
export const executionVerbs: VerbsOf<Omit<ExecutionStore, 'reconcile'>> = {
  ...handOverVerbs,
  ...pauseVerbs,
  ...resultVerbs,
  ...endingVerbs,
  ...executionReadVerbs,
  ...listExecutionVerbs,
}
