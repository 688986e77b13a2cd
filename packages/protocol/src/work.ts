// The closed sets of words. No schema library here: the store's threads need the words and nothing else.

/** Who does a task. */
export const OWNERS = ['all', 'anyone', 'user'] as const
export type Owner = (typeof OWNERS)[number]

export const TASK_TYPES = ['ad-hoc', 'scheduled'] as const
export type TaskType = (typeof TASK_TYPES)[number]

export const TASK_STATUSES = ['created', 'active', 'completed'] as const
export type TaskStatus = (typeof TASK_STATUSES)[number]

export const RUN_STATUSES = ['active', 'completed'] as const
export type RunStatus = (typeof RUN_STATUSES)[number]

export const OUTCOMES = ['succeeded', 'partly-failed', 'failed', 'cancelled', 'expired', 'skipped'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Every state an execution can be in; the rules between them stand in the server's `executions/execution.ts`. */
export const EXECUTION_STATES = [
  'queued',
  'assigned',
  'running',
  'disconnected',
  'succeeded',
  'failed',
  'timed-out',
  'cancelled',
  'expired',
  'lost',
  'skipped',
] as const
export type ExecutionStateName = (typeof EXECUTION_STATES)[number]

export const FINAL_STATES = ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost', 'skipped'] as const
export type FinalState = (typeof FINAL_STATES)[number]

export const SLOT_KINDS = ['client', 'user', 'any'] as const
export type SlotKind = (typeof SLOT_KINDS)[number]

/** What a client does with an execution when it has lost the server for almost the whole hold. */
export const ON_DISCONNECT = ['stop', 'continue'] as const
export type OnDisconnect = (typeof ON_DISCONNECT)[number]

/** What becomes of occurrences that were due while no server was up. */
export const CATCH_UPS = ['none', 'last', 'all'] as const
export type CatchUp = (typeof CATCH_UPS)[number]

/** What becomes of a new execution while an earlier one of its task and slot has not ended. */
export const OVERLAPS = ['skip', 'queue', 'allow', 'cancel-previous'] as const
export type Overlap = (typeof OVERLAPS)[number]

/** How an attempt ended, as its client reports it. */
export const ENDS = ['succeeded', 'failed', 'timed-out', 'cancelled', 'lost'] as const
export type End = (typeof ENDS)[number]

/** Ends after which a task may want another attempt. */
export const RETRY_ENDS = ['failed', 'timed-out', 'lost'] as const
export type RetryEnd = (typeof RETRY_ENDS)[number]

/** Why the brake is on: nothing is concluded from the silence of clients. */
export const BRAKE_REASONS = ['clients-vanished', 'server-started', 'server-paused'] as const
export type BrakeReason = (typeof BRAKE_REASONS)[number]

/** Why an attempt ended. The first reason wins. */
export const END_REASONS = [
  'finished',
  'exception',
  'status-error',
  'cancelled',
  'timed-out',
  'stopped-on-disconnect',
  'client-stopping',
  'client-restarted',
  'crashed',
  'runtime-missing',
] as const
export type EndReason = (typeof END_REASONS)[number]

/** Passing: back to the queue, no attempt used, not this client for a while. */
export const PASSING_REJECTIONS = ['no-slot', 'draining', 'disk-full', 'plugin-missing'] as const
/** Lasting: this client will not do it. */
export const LASTING_REJECTIONS = ['runtime-missing', 'policy-forbids', 'plugin-unverified'] as const
export const REJECTIONS = [...PASSING_REJECTIONS, ...LASTING_REJECTIONS, 'too-late'] as const
export type Rejection = (typeof REJECTIONS)[number]

export const STREAMS = ['stdout', 'stderr', 'log'] as const
export type Stream = (typeof STREAMS)[number]

/** Phase of an attempt in a client's inventory: in memory only, journalled, process started, ended. */
export const PHASES = ['held', 'starting', 'started', 'ended'] as const
export type Phase = (typeof PHASES)[number]

export const LANGUAGES = ['python', 'typescript', 'javascript', 'shell', 'powershell'] as const
export type Language = (typeof LANGUAGES)[number]

/** Results of an acknowledgement; all four let the client forget the result's body. */
export const DISPOSITIONS = ['applied', 'late', 'duplicate', 'refused'] as const
export type Disposition = (typeof DISPOSITIONS)[number]

export const VERDICTS = ['go-on', 'stop', 'send-result', 'forget'] as const
export type Verdict = (typeof VERDICTS)[number]
