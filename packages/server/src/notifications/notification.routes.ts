import type { Clock } from '@octopus/kit/clock.ts'
import type { IdMaker } from '@octopus/kit/ids.ts'
import { refusal } from '@octopus/protocol/errors.ts'

import type { Cursors } from '#http/cursor.ts'
import { answerPage } from '#http/paging.ts'
import type { Handlers } from '#http/route.ts'
import { tellingCurrent } from '#http/telling-current.ts'
import { actorOf } from '#users/access.ts'

import { changeTarget, createTarget, existingTarget, type ManageNeeds, retryMessage } from './manage-target.ts'
import { messageAnswer, targetAnswer } from './target-answer.ts'

export interface NotificationRouteNeeds extends ManageNeeds {
  readonly clock: Clock
  readonly ids: IdMaker
  readonly cursors: Cursors
}

type NotificationRoutes =
  | 'listNotificationTargets'
  | 'createNotificationTarget'
  | 'getNotificationTarget'
  | 'changeNotificationTarget'
  | 'deleteNotificationTarget'
  | 'testNotificationTarget'
  | 'listNotificationMessages'
  | 'retryNotificationMessage'

export function notificationRoutes(needs: NotificationRouteNeeds): Handlers<NotificationRoutes> {
  const { store, sender, clock, ids, cursors } = needs
  const answerOf = async (id: string) => targetAnswer(await existingTarget(store, id))
  return {
    listNotificationTargets: ({ query }) => {
      const list = { name: 'listNotificationTargets', filter: {}, query } as const
      return answerPage(cursors, list, (page) => store.listTargets(page), targetAnswer)
    },

    createNotificationTarget: async ({ body, caller }) =>
      targetAnswer(await createTarget(needs, body, actorOf(caller))),

    getNotificationTarget: ({ params }) => answerOf(params.id),

    changeNotificationTarget: ({ params, body, revision, caller }) => {
      const change = { id: params.id, ifRevision: revision, body, actor: actorOf(caller) }
      return tellingCurrent(
        async () => targetAnswer(await changeTarget(needs, change)),
        () => answerOf(params.id),
      )
    },

    deleteNotificationTarget: async ({ params, caller }) => {
      const deleted = await store.deleteTarget({ now: clock.wall(), actor: actorOf(caller), id: params.id })
      if (!deleted) throw refusal('TARGET_NOT_FOUND', { target: params.id })
    },

    testNotificationTarget: async ({ params }) => {
      const target = await existingTarget(store, params.id)
      const beganAt = clock.monotonic()
      const message = { id: ids.next(), at: clock.wall(), body: { notices: [], more: 0 } }
      const problem = await sender.send(target, message).then(
        () => null,
        (error: unknown) => (error as Error).message,
      )
      return { delivered: problem === null, problem, tookMs: Math.round(clock.monotonic() - beganAt) }
    },

    listNotificationMessages: ({ query }) => {
      const { state, target } = query
      const filter = { state, target }
      const list = { name: 'listNotificationMessages', filter, query } as const
      return answerPage(cursors, list, (page) => store.listMessages({ ...page, filter }), messageAnswer)
    },

    retryNotificationMessage: async ({ params, caller }) =>
      messageAnswer(await retryMessage(needs, params.id, actorOf(caller))),
  }
}
