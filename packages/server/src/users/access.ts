import { type Role, ROLES } from '@octopus/protocol/roles.ts'

import type { Actor } from '#store/page.ts'

import type { Caller } from './user-store.ts'

/** Each role may do what the ones before it may. */
export function mayAct(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

/** The name that a caller leaves in the audit trail. */
export function actorOf(caller: Caller): Actor {
  const who: Actor =
    caller.token === null
      ? { kind: 'user', name: caller.name }
      : { kind: 'token', name: `${caller.name}/${caller.token}` }
  return caller.once === undefined ? who : { ...who, once: caller.once }
}
