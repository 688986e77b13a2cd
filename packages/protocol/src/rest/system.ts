import { Type, type Static } from 'typebox'

import { Strict } from '#schema.ts'

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
  workStopped: Type.Boolean(),
  version: Type.String(),
})
export type Stats = Static<typeof StatsSchema>

export const StoppedSchema = Strict({ workStopped: Type.Boolean(), cancelled: Type.Integer() })

/** Topics a page can watch: `clients`, `client:ID`, `plugins`, `plugin:NAME`, `tasks`, `task:ID`, `runs`, `run:ID`, `executions`, `execution:ID`, `output:ID`, `stats`. */
export const EventsQuerySchema = Strict({ topics: Type.String({ minLength: 1, maxLength: 2_000 }) })
export const TOPIC_PATTERN =
  /^(?:clients|plugins|tasks|runs|executions|stats|(?:client|task|run|execution|output):[0-9a-f-]{36}|plugin:[A-Za-z][A-Za-z0-9_-]{0,62})$/

export const HealthSchema = Strict({ status: Type.String(), version: Type.String() })
