import type { Answer } from '@octopus/api-client/request.ts'
import type { ReactNode } from 'react'

import { visibleText } from '#text/visible-text.ts'
import { Badge } from '#ui/badge.tsx'

import { clientLook, executionLook, runLook, taskLook, type ExecutionState } from './states.ts'

interface ExecutionParts {
  readonly state: ExecutionState
  readonly cancelRequestedAt: string | null
  readonly reason: string | null
}

export function ExecutionBadge({ execution }: { readonly execution: ExecutionParts }): ReactNode {
  const look = executionLook(execution.state, execution.cancelRequestedAt !== null)
  return <Badge {...look} title={execution.reason === null ? undefined : visibleText(execution.reason)} />
}

export function RunBadge({ run }: { readonly run: Answer<'getRun'> }): ReactNode {
  return <Badge {...runLook(run)} title={run.note === null ? undefined : visibleText(run.note)} />
}

export function TaskBadge({ task }: { readonly task: Answer<'getTask'> }): ReactNode {
  return <Badge {...taskLook(task)} />
}

export function ClientBadge({ client }: { readonly client: Answer<'getClient'> }): ReactNode {
  return <Badge {...clientLook(client)} />
}
