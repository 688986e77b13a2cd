import type { Clock } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { ServerBus } from '#live/facts.ts'
import type { Actor } from '#store/page.ts'

import type { ClientRecord, ClientStore } from './client-store.ts'

interface ManageClientNeeds {
  readonly store: Pick<ClientStore, 'approveClient' | 'revokeClient' | 'setDraining' | 'changeClient' | 'readClient'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
}

export async function existingClient(store: Pick<ClientStore, 'readClient'>, client: ClientId): Promise<ClientRecord> {
  const found = await store.readClient({ id: client })
  if (!found) throw refusal('CLIENT_NOT_FOUND', { client })
  return found
}

/** Lets a client work. Without a user it keeps the one of its token. */
export async function approveClient(
  needs: ManageClientNeeds,
  client: ClientId,
  user: string | null,
  actor: Actor,
): Promise<ClientRecord> {
  const outcome = await needs.store.approveClient({ now: needs.clock.wall(), actor, client, user })
  if (outcome === 'no-client') throw refusal('CLIENT_NOT_FOUND', { client })
  if (outcome === 'no-user') throw refusal('USER_NOT_FOUND', { user: user ?? '' })
  if (outcome === 'revoked') throw refusal('CLIENT_REVOKED', { client })
  return changed(needs, client)
}

/**
 * Shuts a client out for good: its session ends now, its key is worth nothing, and what waits for it alone is cancelled.
 * Where the store refuses in the middle it throws, and the rest is cancelled all the same, as soon as the store can.
 */
export async function revokeClient(needs: ManageClientNeeds, client: ClientId, actor: Actor): Promise<ClientRecord> {
  try {
    await revokeInSlices(needs, client, actor)
  } catch (error) {
    needs.bus.publish('half-cancelled', {})
    throw error
  }
  return existingClient(needs.store, client)
}

async function revokeInSlices({ store, bus, clock }: ManageClientNeeds, client: ClientId, actor: Actor): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    const revoked = await store.revokeClient({ now: clock.wall(), actor, client })
    if (revoked && isFirst) bus.publish('client-revoked', { client })
    if (revoked) bus.publish('touched', revoked.touched)
    if (revoked?.more !== true) return
  }
}

/** A draining client gets no new work; what it runs goes on. */
export async function setDraining(
  needs: ManageClientNeeds,
  client: ClientId,
  draining: boolean,
  actor: Actor,
): Promise<ClientRecord> {
  const { status } = await existingClient(needs.store, client)
  if (status === 'revoked') throw refusal('CLIENT_REVOKED', { client })
  await needs.store.setDraining({ now: needs.clock.wall(), actor, client, draining })
  return changed(needs, client)
}

export interface ClientChange {
  readonly name?: string
  readonly user?: string | null
  readonly labels?: readonly string[]
  readonly slotsLimit?: number | null
}

export async function changeClient(
  needs: ManageClientNeeds,
  target: { readonly client: ClientId; readonly revision: number },
  change: ClientChange,
  actor: Actor,
): Promise<ClientRecord> {
  const { client, revision } = target
  const input = { now: needs.clock.wall(), actor, client, ifRevision: revision, ...change }
  const outcome = await needs.store.changeClient(input)
  if (outcome.outcome === 'no-client') throw refusal('CLIENT_NOT_FOUND', { client })
  if (outcome.outcome === 'no-user') throw refusal('USER_NOT_FOUND', { user: change.user ?? '' })
  if (outcome.outcome === 'stale') throw refusal('STALE_REVISION', { current: outcome.revision })
  return changed(needs, client)
}

async function changed(needs: ManageClientNeeds, client: ClientId): Promise<ClientRecord> {
  needs.bus.publish('client-changed', { client })
  return existingClient(needs.store, client)
}
