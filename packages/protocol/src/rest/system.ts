import { Type } from 'typebox'

import { Strict } from '#schema.ts'

export const StoppedSchema = Strict({ workStopped: Type.Boolean(), cancelled: Type.Integer() })

/** Topics a page can watch: `clients`, `client:ID`, `plugins`, `plugin:NAME`, `tasks`, `task:ID`, `runs`, `run:ID`, `executions`, `execution:ID`, `output:ID`, `stats`. */
export const EventsQuerySchema = Strict({ topics: Type.String({ minLength: 1, maxLength: 2_000 }) })
export const TOPIC_PATTERN =
  /^(?:clients|plugins|tasks|runs|executions|stats|(?:client|task|run|execution|output):[0-9a-f-]{36}|plugin:[A-Za-z][A-Za-z0-9_-]{0,62})$/

export const HealthSchema = Strict({ status: Type.String(), version: Type.String() })
