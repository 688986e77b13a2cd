import { present } from '@octopus/kit/assert.ts'
import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { Fleet } from '#clients/fleet.ts'
import { deleteTask } from '#deleting/delete-things.ts'
import { restoreTask } from '#deleting/restore-things.ts'
import type { BrakeLever } from '#delivery/brake.ts'
import { cancelWork } from '#executions/cancel-work.ts'
import type { Cursors } from '#http/cursor.ts'
import { answerPage } from '#http/paging.ts'
import type { Handlers } from '#http/route.ts'
import { tellingCurrent } from '#http/telling-current.ts'
import type { ServerBus } from '#live/facts.ts'
import { runAnswer } from '#runs/run-answer.ts'
import { previewSchedule } from '#schedules/preview-schedule.ts'
import type { Store } from '#store/store.ts'
import { actorOf } from '#users/access.ts'

import { changeTask } from './change-task.ts'
import { endTask, existingTask, openTask } from './end-task.ts'
import { pauseTask, resumeTask } from './pause-task.ts'
import { rememberReads } from './remembered-reads.ts'
import { runTaskNow } from './run-now.ts'
import { submitTask } from './submit-task.ts'
import { taskAnswer } from './task-answer.ts'
import type { TaskRecord } from './task.ts'
import { waitingFor } from './waiting-for.ts'

export interface TaskRouteNeeds {
  readonly store: Store
  readonly bus: ServerBus
  readonly clock: Clock
  readonly cursors: Cursors
  readonly fleet: () => Promise<Fleet>
  /** CACHE_TTL: parsed plugins are kept so long. */
  readonly cacheTtlMs: Ms
  /** Repeating tasks there may be at most; the limit that is written down unless it is given. */
  readonly schedulesMax?: number
  readonly brake: Pick<BrakeLever, 'isOn'>
  /** Whether the disk takes no new runs. */
  readonly diskFull: () => boolean
}

type TaskRoutes =
  | 'createTask'
  | 'listTasks'
  | 'getTask'
  | 'changeTask'
  | 'pauseTask'
  | 'resumeTask'
  | 'endTask'
  | 'cancelTask'
  | 'deleteTask'
  | 'restoreTask'
  | 'listTaskRuns'
  | 'runTask'
  | 'getReach'
  | 'previewSchedule'

export function taskRoutes(given: TaskRouteNeeds): Handlers<TaskRoutes> {
  const { cursors, fleet, clock } = given
  const store = { ...given.store, ...rememberReads(given.store, given.bus, given) }
  const needs = { ...given, store }
  const answerOf = async (task: TaskRecord): Promise<ReturnType<typeof taskAnswer>> => (await answerer(needs))(task)
  const existing = async (id: TaskRecord['id']): Promise<ReturnType<typeof taskAnswer>> =>
    answerOf(await existingTask(store, id))
  return {
    createTask: async ({ body, texts, caller }) => {
      const order = { wish: body, argsJson: texts.get('args') ?? '[]', kwargsJson: texts.get('kwargs') ?? '{}' }
      return answerOf(await submitTask(needs, order, actorOf(caller)))
    },

    listTasks: async ({ query }) => {
      const { limit: _limit, cursor: _cursor, ...filter } = query
      const answer = await answerer(needs)
      const list = { name: 'listTasks', filter, query } as const
      return answerPage(cursors, list, (page) => store.listTasks({ ...page, filter }), answer)
    },

    getTask: async ({ params }) => existing(params.id),

    changeTask: async ({ params, body, texts, revision, caller }) => {
      const change = {
        task: params.id,
        revision,
        wish: body,
        argsJson: texts.get('args'),
        kwargsJson: texts.get('kwargs'),
      }
      return tellingCurrent(
        async () => {
          await changeTask(needs, change, actorOf(caller))
          return existing(params.id)
        },
        () => existing(params.id),
      )
    },

    pauseTask: async ({ params, caller }) => {
      await pauseTask(needs, params.id, actorOf(caller))
      return existing(params.id)
    },

    resumeTask: async ({ params, caller }) => {
      await resumeTask(needs, params.id, actorOf(caller))
      return existing(params.id)
    },

    previewSchedule: async ({ body }) => previewSchedule(body, clock.wall()),

    endTask: async ({ params, caller }) => {
      await endTask(needs, params.id, actorOf(caller))
      return existing(params.id)
    },

    cancelTask: async ({ params, caller }) => {
      await openTask(store, params.id)
      await cancelWork(needs, { task: params.id }, actorOf(caller))
      return existing(params.id)
    },

    deleteTask: async ({ params, caller }) => {
      await deleteTask(needs, params.id, actorOf(caller))
    },

    restoreTask: async ({ params, caller }) => {
      await restoreTask(needs, params.id, actorOf(caller))
      return existing(params.id)
    },

    listTaskRuns: async ({ params, query }) => {
      await existingTask(store, params.id)
      const filter = { task: params.id }
      const list = { name: 'listTaskRuns', filter, query } as const
      return answerPage(cursors, list, (page) => store.listRuns({ ...page, filter }), runAnswer)
    },

    runTask: async ({ params, texts, caller }) => {
      const order = { task: params.id, argsJson: texts.get('args') ?? null, kwargsJson: texts.get('kwargs') ?? null }
      const run = await runTaskNow(needs, order, actorOf(caller))
      return runAnswer(present(await store.readRun({ id: run }), 'the run just made'))
    },

    getReach: async () => {
      const { members } = await fleet()
      const users = Map.groupBy(members, ({ user }) => user)
      return {
        all: members.filter(({ inSession }) => inSession).length,
        anyone: members.filter(({ online, draining }) => online && !draining).length,
        users: [...users].flatMap(([user, own]) =>
          user === null ? [] : [{ user, clients: own.map(({ id }) => id), online: own.some(({ online }) => online) }],
        ),
      }
    },
  }
}

/** Answers tasks of one request: what they wait for is found out once for all of them. */
async function answerer(needs: TaskRouteNeeds): Promise<(task: TaskRecord) => Promise<ReturnType<typeof taskAnswer>>> {
  const { store, clock, fleet, brake, diskFull } = needs
  const [workStopped, future] = await Promise.all([store.readWorkStopped({}), store.readFutureFence({})])
  const braked = brake.isOn()
  const languages = new Map<string, Promise<Language | undefined>>()
  const languageOf = (plugin: string): Promise<Language | undefined> => {
    const known = languages.get(plugin) ?? store.readPlugin({ name: plugin }).then((found) => found?.language)
    languages.set(plugin, known)
    return known
  }
  return async (task) => {
    // Who could do it is looked up only for those that wait for somebody.
    const waits = task.status !== 'completed' && task.counts.queued > 0
    const members = waits ? await fleet() : { members: [] }
    const language = waits ? await languageOf(task.plugin) : undefined
    const rejections = waits && task.owner === 'anyone' ? await store.readRejections({ task: task.id }) : []
    const facts = {
      now: clock.wall(),
      workStopped,
      braked,
      oldStore: future !== null,
      diskFull: diskFull(),
      fleet: members,
      language,
      rejections,
    }
    return taskAnswer(task, waitingFor(task, facts))
  }
}
