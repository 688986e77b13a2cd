import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { pluginChoicesQuery, type Task } from '#features/tasks/task-queries.ts'
import { Skeleton } from '#ui/skeleton.tsx'
import { say } from '#ui/toasts.tsx'

import { changesOf, draftOf } from './draft-of.ts'
import type { TaskDraft } from './draft.ts'
import { CreateForm } from './new-task-form.tsx'
import { TaskForm } from './task-form.tsx'
import { useAction } from './use-action.ts'

interface TaskProps {
  readonly task: Task
}

/** Changes a task. Runs that are already there stay as they are; two people who edit at once do not overwrite each other. */
export function EditTaskForm({ task }: TaskProps): ReactNode {
  const change = useCall('changeTask')
  const navigate = useNavigate()
  const start = useDraftOf(task)
  const params = { id: task.id }
  if (!start) return <Skeleton lines={8} label="Loading the form" />
  return (
    <TaskForm
      keep={`edit-task:${task.id}:${task.revision}`}
      start={start}
      fixed={task.type}
      error={change.error}
      busy={change.isPending}
      action={() => 'Save changes'}
      onSend={(draft, written, done) => {
        const before = { draft: start, written: { args: task.args, kwargs: task.kwargs } }
        change.mutate(
          { params, revision: task.revision, body: changesOf(before, { draft, written }) },
          {
            onSuccess: () => {
              done()
              say('Saved. It holds from the next run on.')
              void navigate({ to: '/tasks/$id', params })
            },
          },
        )
      }}
    />
  )
}

/** A new task that begins as a copy of another. */
export function CopyTaskForm({ task }: TaskProps): ReactNode {
  const start = useDraftOf(task)
  if (!start) return <Skeleton lines={8} label="Loading the form" />
  const fresh = { ...start, name: `${start.name} (copy)`, ...(start.when === 'at' ? { when: 'now' as const } : {}) }
  return <CreateForm keep={`copy-task:${task.id}`} start={fresh} />
}

/** Nothing until it is known which parameters the action has. */
function useDraftOf(task: Task): TaskDraft | undefined {
  const { data, isError } = useInfiniteQuery(pluginChoicesQuery)
  const action = useAction(task.plugin, task.action)
  return data || isError ? draftOf(task, action?.parameters) : undefined
}
