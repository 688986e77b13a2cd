import { Type, type Static } from 'typebox'

import { OneOf, Strict } from '#schema.ts'

import { InstantSchema } from './common.ts'

/** Why somebody should look: clients that fell silent without a goodbye, tasks whose last run nobody did in time, plugins whose last runs all failed, PCs that ask to be let in, work that somebody stopped. */
export const NEED_KINDS = [
  'clients-vanished',
  'tasks-expired',
  'plugins-failing',
  'clients-pending',
  'work-stopped',
] as const

export const NeedSchema = Strict({
  kind: OneOf(NEED_KINDS),
  /** A thousand stand for more. */
  count: Type.Integer(),
  /** The newest first, a few of them. `id` is the client's, the task's, or the plugin's name. */
  items: Type.Array(Strict({ id: Type.String(), name: Type.String(), since: InstantSchema })),
})
export type Need = Static<typeof NeedSchema>

export const StatsSchema = Strict({
  clients: Strict({ known: Type.Integer(), online: Type.Integer(), pending: Type.Integer() }),
  executions: Strict({
    queued: Type.Integer(),
    assigned: Type.Integer(),
    running: Type.Integer(),
    disconnected: Type.Integer(),
  }),
  /** Of the last 24 hours. */
  last24h: Strict({
    succeeded: Type.Integer(),
    failed: Type.Integer(),
    runs: Type.Integer(),
  }),
  tasks: Strict({ created: Type.Integer(), active: Type.Integer(), completed: Type.Integer() }),
  plugins: Strict({ total: Type.Integer(), inSync: Type.Integer() }),
  needsYou: Type.Array(NeedSchema),
  workStopped: Type.Boolean(),
  version: Type.String(),
})
export type Stats = Static<typeof StatsSchema>

/** More blocks than a screen has room for. */
export const BUCKETS_MAX = 500
export const BUCKETS_DEFAULT = 96

/** More is no overview, and would be read from too many counters at once. */
export const RUN_STATS_DAYS_MAX = 400

/** Without times: the last 24 hours. `from` is included, `to` is not; both are widened to whole buckets. */
export const RunStatsQuerySchema = Strict({
  from: Type.Optional(InstantSchema),
  to: Type.Optional(InstantSchema),
  buckets: Type.Optional(Type.Integer({ minimum: 1, maximum: BUCKETS_MAX })),
})

/** Runs that came to be in a bucket, by what became of them; `active` has not ended. */
export const RunBucketSchema = Strict({
  at: InstantSchema,
  active: Type.Integer(),
  succeeded: Type.Integer(),
  'partly-failed': Type.Integer(),
  failed: Type.Integer(),
  cancelled: Type.Integer(),
  expired: Type.Integer(),
  skipped: Type.Integer(),
})
export type RunBucket = Static<typeof RunBucketSchema>

export const RunStatsSchema = Strict({
  from: InstantSchema,
  to: InstantSchema,
  /** The width of a bucket: so many as were asked for at most, and one more where widening both ends makes one. */
  bucketSeconds: Type.Integer(),
  items: Type.Array(RunBucketSchema),
})
