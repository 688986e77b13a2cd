import type { Checksum, ClientId, ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'

import type { ExecutionDetail } from '#executions/execution-store.ts'
import { noCounts } from '#runs/run.ts'
import type { TaskRecord } from '#tasks/task.ts'
import type { WhySnapshot } from '#why/snapshot.ts'
import type { WhyClient, WhyRun } from '#why/why-store.ts'

/** When the questions of the tests about "why" are asked. */
export const NOW = Date.UTC(2026, 10, 24, 8)
export const MINUTE = 60_000
/** The client that is asked about, `pc-1`. */
export const PC = 'c1' as ClientId

export const run = (changes: Partial<WhyRun> = {}): WhyRun => ({
  id: 'r1' as RunId,
  taskName: 'tidy',
  cause: { kind: 'manual', by: 'ann', of: null },
  createdAt: NOW - 10 * MINUTE,
  dueAt: NOW - 10 * MINUTE,
  audienceSize: 3,
  note: null,
  try: false,
  slotKind: 'client',
  unwritten: false,
  ...changes,
})

export const client = (changes: Partial<WhyClient> = {}): WhyClient => ({
  id: PC,
  name: 'pc-1',
  user: null,
  status: 'approved',
  draining: false,
  createdAt: NOW - 900 * MINUTE,
  deletedAt: null,
  lastSeenAt: NOW - 5 * MINUTE,
  sessionBeganAt: NOW - 60 * MINUTE,
  languages: ['python'],
  slots: 2,
  history: [{ at: NOW - 900 * MINUTE, became: 'approved' }],
  ...changes,
})

export const execution = (changes: Partial<ExecutionDetail> = {}): ExecutionDetail => ({
  id: 'e1' as ExecutionId,
  runId: 'r1' as RunId,
  taskId: 't1' as TaskId,
  taskName: 'tidy',
  plugin: 'probe',
  pluginVersion: 1,
  try: false,
  checksum: '' as Checksum,
  language: 'python',
  action: 'run',
  slot: { kind: 'client', value: PC },
  slotLabel: 'pc-1',
  client: null,
  clientName: null,
  state: 'queued',
  reason: null,
  attempt: 1,
  fence: null,
  onDisconnect: 'continue',
  dueAt: NOW - 10 * MINUTE,
  queuedAt: NOW - 10 * MINUTE,
  assignedAt: null,
  startedAt: null,
  endedAt: null,
  deadlineAt: NOW + 50 * MINUTE,
  endsAtLatest: NOW + 50 * MINUTE,
  cancelRequestedAt: null,
  retry: { maxAttempts: 1, backoffMs: 0, on: [] },
  attempts: [],
  notBefore: NOW - 10 * MINUTE,
  disconnectedAt: null,
  unprovenClient: null,
  rejections: [],
  avoided: [],
  argsJson: '[]',
  kwargsJson: '{}',
  result: null,
  resultFence: null,
  lateResults: [],
  ...changes,
})

export const snapshot = (changes: Partial<WhySnapshot> = {}): WhySnapshot => ({
  outcome: 'found',
  task: null,
  run: run(),
  execution: execution(),
  client: client(),
  handedBack: [],
  behind: null,
  workStopped: false,
  oldStore: false,
  lacks: null,
  diskFull: false,
  now: NOW,
  braked: false,
  clientContact: 'ready',
  clientSlotsUsed: 0,
  fleet: { members: [] },
  output: null,
  heardAheadMs: null,
  ...changes,
})

export const task = (changes: Partial<TaskRecord> = {}): TaskRecord =>
  ({
    name: 'tidy',
    createdBy: 'ann',
    createdAt: NOW - 2 * MINUTE,
    status: 'active',
    pausedAt: null,
    nextRunAt: NOW + MINUTE,
    missed: { count: 0, last: null },
    counts: noCounts(),
    ...changes,
  }) as TaskRecord
