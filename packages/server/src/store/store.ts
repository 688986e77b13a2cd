import type { AuditStore } from '#audit/audit-store.ts'
import type { RestoredStore } from '#backup/restored-store.ts'
import type { ClientStore } from '#clients/client-store.ts'
import type { DeletedStore } from '#deleting/deleted-store.ts'
import type { ExecutionStore } from '#executions/execution-store.ts'
import type { NeedsStore } from '#live/needs-store.ts'
import type { RunStatsStore } from '#live/run-stats-store.ts'
import type { SystemStore } from '#live/stats-store.ts'
import type { NotificationStore } from '#notifications/notification-store.ts'
import type { PluginStore } from '#plugins/plugin-store.ts'
import type { TryStore } from '#plugins/try-store.ts'
import type { OutputStore } from '#results/output-store.ts'
import type { RunResultsStore } from '#results/run-results-store.ts'
import type { RetentionStore } from '#retention/retention-store.ts'
import type { RunStore } from '#runs/run-store.ts'
import type { SearchStore } from '#search/search-store.ts'
import type { SettingsStore } from '#settings/settings-store.ts'
import type { TaskStore } from '#tasks/task-store.ts'
import type { OnceStore } from '#users/once-store.ts'
import type { UserStore } from '#users/user-store.ts'
import type { WhyStore } from '#why/why-store.ts'

/** All verbs; what an adapter implements. Nothing in it names a connection, a transaction or a row. */
export type StoreVerbs = TaskStore &
  RunStore &
  RunResultsStore &
  ExecutionStore &
  ClientStore &
  PluginStore &
  TryStore &
  DeletedStore &
  UserStore &
  SystemStore &
  OutputStore &
  OnceStore &
  AuditStore &
  SearchStore &
  SettingsStore &
  RunStatsStore &
  NeedsStore &
  RetentionStore &
  NotificationStore &
  RestoredStore &
  WhyStore

/** An open store. A call that rejects has changed nothing; one that resolves is committed. */
export type Store = StoreVerbs & AsyncDisposable
