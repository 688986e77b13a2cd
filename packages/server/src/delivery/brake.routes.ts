import { isoOf, isoOrNull } from '@octopus/kit/instant.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { Brake } from '@octopus/protocol/rest/brake.ts'

import type { Handlers } from '#http/route.ts'
import type { SystemStore } from '#live/stats-store.ts'
import { actorOf } from '#users/access.ts'

import type { BrakeLever } from './brake.ts'

export interface BrakeRouteNeeds {
  readonly store: Pick<SystemStore, 'readFutureFence'>
  readonly brake: BrakeLever
}

export function brakeRoutes({ store, brake }: BrakeRouteNeeds): Handlers<'getBrake' | 'releaseBrake'> {
  const answer = async (): Promise<Brake> => {
    const { since, endsAt, ...state } = brake.state()
    const future = await store.readFutureFence({})
    return {
      ...state,
      since: isoOrNull(since),
      endsAt: isoOrNull(endsAt),
      futureFence: future && { ...future, since: isoOf(future.since) },
    }
  }
  return {
    getBrake: () => answer(),
    releaseBrake: async ({ caller }) => {
      if (!(await brake.release(actorOf(caller)))) throw refusal('BRAKE_OFF')
      return answer()
    },
  }
}
