import type { Clock } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'
import { refusal } from '@octopus/protocol/errors.ts'

import { deleteClient } from '#deleting/delete-things.ts'
import { restoreClient } from '#deleting/restore-things.ts'
import type { Cursors } from '#http/cursor.ts'
import { answerPage } from '#http/paging.ts'
import type { Handlers } from '#http/route.ts'
import { tellingCurrent } from '#http/telling-current.ts'
import type { Installer } from '#install/installer.ts'
import type { ServerBus } from '#live/facts.ts'
import type { Store } from '#store/store.ts'
import { actorOf } from '#users/access.ts'

import { clientAnswer, enrollmentTokenAnswer, type LiveFacts } from './client-answer.ts'
import type { ClientRecord } from './client-store.ts'
import { createEnrollmentToken, enrollClient } from './enroll-client.ts'
import { approveClient, changeClient, existingClient, revokeClient, setDraining } from './manage-client.ts'

export interface ClientRouteNeeds extends LiveFacts {
  readonly store: Store
  readonly bus: ServerBus
  readonly clock: Clock
  readonly random: Random
  readonly cursors: Cursors
  readonly serverId: string
  readonly installer: Pick<Installer, 'lines'>
}

type ClientRoutes =
  | 'listEnrollmentTokens'
  | 'createEnrollmentToken'
  | 'deleteEnrollmentToken'
  | 'listClients'
  | 'getClient'
  | 'changeClient'
  | 'deleteClient'
  | 'restoreClient'
  | 'approveClient'
  | 'revokeClient'
  | 'drainClient'
  | 'resumeClient'
  | 'enroll'

export function clientRoutes(needs: ClientRouteNeeds): Handlers<ClientRoutes> {
  const { store, clock, cursors, serverId } = needs
  const answer = (client: ClientRecord): ReturnType<typeof clientAnswer> => clientAnswer(client, needs)
  return {
    listClients: async ({ query }) => {
      const { status, presence, user, deleted, name, label } = query
      const filter = { status, presence, user, name, label, deleted: deleted === true }
      const list = { name: 'listClients', filter, query } as const
      return answerPage(cursors, list, (page) => store.listClients({ ...page, filter }), answer)
    },

    getClient: async ({ params }) => answer(await existingClient(store, params.id)),

    changeClient: async ({ params, body, revision, caller }) =>
      tellingCurrent(
        async () => answer(await changeClient(needs, { client: params.id, revision }, body, actorOf(caller))),
        async () => answer(await existingClient(store, params.id)),
      ),

    deleteClient: async ({ params, caller }) => {
      await deleteClient(needs, params.id, actorOf(caller))
    },

    restoreClient: async ({ params, caller }) => {
      await restoreClient(needs, params.id, actorOf(caller))
      return answer(await existingClient(store, params.id))
    },

    approveClient: async ({ params, body, caller }) =>
      answer(await approveClient(needs, params.id, body.user ?? null, actorOf(caller))),

    revokeClient: async ({ params, caller }) => answer(await revokeClient(needs, params.id, actorOf(caller))),
    drainClient: async ({ params, caller }) => answer(await setDraining(needs, params.id, true, actorOf(caller))),
    resumeClient: async ({ params, caller }) => answer(await setDraining(needs, params.id, false, actorOf(caller))),

    enroll: async ({ body }) => {
      const { id, status } = await enrollClient(needs, body)
      return { clientId: id, serverId, status }
    },

    listEnrollmentTokens: async ({ query }) => {
      const now = clock.wall()
      const list = { name: 'listEnrollmentTokens', filter: {}, query } as const
      return answerPage(cursors, list, (page) => store.listEnrollmentTokens({ ...page, now }), enrollmentTokenAnswer)
    },

    createEnrollmentToken: async ({ body, caller, server }) => {
      const random = caller.chance ?? needs.random
      const made = await createEnrollmentToken({ ...needs, random }, body, { server, by: actorOf(caller) })
      const { token } = made
      return {
        ...enrollmentTokenAnswer(made),
        token,
        command: `OCTOPUS_TOKEN=${token} npm run octopus -- client`,
        install: await needs.installer.lines(server, token),
      }
    },

    deleteEnrollmentToken: async ({ params, caller }) => {
      const deleted = await store.deleteEnrollmentToken({ now: clock.wall(), actor: actorOf(caller), id: params.id })
      if (!deleted) throw refusal('TOKEN_NOT_FOUND', { token: params.id })
    },
  }
}
