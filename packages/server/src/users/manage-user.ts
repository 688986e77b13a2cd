import type { Clock } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { Role } from '@octopus/protocol/roles.ts'

import type { ServerBus } from '#live/facts.ts'
import type { Actor } from '#store/page.ts'

import type { PasswordHash } from './password.ts'
import { checkNewPassword } from './sign-in.ts'
import type { UserRecord, UserStore } from './user-store.ts'

export interface ManageUserNeeds {
  readonly store: Pick<UserStore, 'createUser' | 'changeUser' | 'readUser'>
  readonly passwords: PasswordHash
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
}

/** What may be said of a user. */
export interface UserChange {
  readonly displayName?: string
  readonly role?: Role | null
  readonly password?: string
  readonly disabled?: boolean
}

export async function createUser(
  needs: ManageUserNeeds,
  input: Omit<UserChange, 'disabled'> & { readonly name: string },
  actor: Actor,
): Promise<UserRecord> {
  const { store, clock } = needs
  const { name, displayName = name, role = null } = input
  const passwordHash = await hashNew(needs, name, input.password)
  const outcome = await store.createUser({ now: clock.wall(), actor, name, displayName, role, passwordHash })
  if (outcome === 'name-taken') {
    const taken = (await store.readUser({ name })) !== null
    throw refusal(taken ? 'NAME_TAKEN' : 'NAME_OF_DELETED', { what: 'user', name })
  }
  return readExisting(needs, name)
}

/** Changes what is given. Disabling and a new password end sessions; open streams are told to look again. */
export async function changeUser(
  needs: ManageUserNeeds,
  target: { readonly name: string; readonly revision: number },
  change: UserChange,
  actor: Actor,
): Promise<UserRecord> {
  const { store, bus, clock } = needs
  const { name } = target
  const { displayName, role, disabled } = change
  const passwordHash = (await hashNew(needs, name, change.password)) ?? undefined
  const input = {
    now: clock.wall(),
    actor,
    name,
    ifRevision: target.revision,
    displayName,
    role,
    disabled,
    passwordHash,
  }
  const changed = await store.changeUser(input)
  if (changed.outcome === 'no-user') throw refusal('USER_NOT_FOUND', { user: name })
  if (changed.outcome === 'last-administrator') throw refusal('LAST_ADMINISTRATOR')
  if (changed.outcome === 'stale') throw refusal('STALE_REVISION', { current: changed.revision })
  bus.publish('users-changed', { name })
  return readExisting(needs, name)
}

async function hashNew(needs: ManageUserNeeds, name: string, password: string | undefined): Promise<string | null> {
  if (password === undefined) return null
  checkNewPassword(name, password)
  return needs.passwords.hash(password)
}

async function readExisting(needs: ManageUserNeeds, name: string): Promise<UserRecord> {
  const user = await needs.store.readUser({ name })
  if (!user) throw refusal('USER_NOT_FOUND', { user: name })
  return user
}
