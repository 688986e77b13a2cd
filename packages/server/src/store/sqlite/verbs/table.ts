import type { VerbTable } from '#store/sqlite/core.ts'
import type { VerbsOf } from '#store/sqlite/tx.ts'
import type { StoreVerbs } from '#store/store.ts'

import { clientVerbs } from './clients.ts'
import { deleteClientVerbs } from './delete-client.ts'
import { deleteTaskVerbs } from './delete-task.ts'
import { deleteUserVerbs } from './delete-user.ts'
import { enrollVerbs } from './enroll.ts'
import { executionVerbs } from './executions.ts'
import { auditVerbs } from './list-audit.ts'
import { manifestVerbs } from './manifest.ts'
import { needVerbs } from './needs.ts'
import { notificationVerbs } from './notifications.ts'
import { atMostOnce, onceVerbs } from './once.ts'
import { outputVerbs } from './output.ts'
import { pluginVerbs } from './plugins.ts'
import { publishVerbs } from './publish-plugin.ts'
import { restartVerbs } from './restart.ts'
import { restoredVerbs } from './restored.ts'
import { retentionVerbs } from './retention.ts'
import { retryVerbs } from './retry-run.ts'
import { runResultVerbs } from './run-results.ts'
import { runStatsVerbs } from './run-stats.ts'
import { runVerbs } from './runs.ts'
import { searchVerbs } from './search.ts'
import { sessionVerbs } from './sessions.ts'
import { settingsVerbs } from './settings.ts'
import { noteVerbs, signInVerbs } from './sign-in.ts'
import { systemVerbs } from './system.ts'
import { taskChangeVerbs } from './task-changes.ts'
import { taskVerbs } from './tasks.ts'
import { tokenVerbs } from './tokens.ts'
import { tryVerbs } from './try-plugin.ts'
import { userVerbs } from './users.ts'
import { whyVerbs } from './why.ts'

/** Every verb of the port; the compiler names those that are missing. */
const PORT: VerbsOf<StoreVerbs> = {
  ...taskVerbs,
  ...taskChangeVerbs,
  ...runVerbs,
  ...retryVerbs,
  ...runResultVerbs,
  ...executionVerbs,
  ...sessionVerbs,
  ...restartVerbs,
  ...enrollVerbs,
  ...clientVerbs,
  ...publishVerbs,
  ...pluginVerbs,
  ...manifestVerbs,
  ...tryVerbs,
  ...deleteTaskVerbs,
  ...deleteClientVerbs,
  ...deleteUserVerbs,
  ...userVerbs,
  ...signInVerbs,
  ...tokenVerbs,
  ...systemVerbs,
  ...onceVerbs,
  ...auditVerbs,
  ...searchVerbs,
  ...settingsVerbs,
  ...runStatsVerbs,
  ...needVerbs,
  ...outputVerbs,
  ...retentionVerbs,
  ...notificationVerbs,
  ...restoredVerbs,
  ...whyVerbs,
}

/** What the core runs: the port, and the small writes that follow from its reads. */
export const VERBS: VerbTable = { ...atMostOnce(PORT), ...noteVerbs }
