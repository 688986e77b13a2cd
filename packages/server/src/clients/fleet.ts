import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { Presence } from '#delivery/door.ts'

import type { ClientRecord, ClientStore } from './client-store.ts'

/** One approved client, as much of it as saying who can do a task needs. */
export interface Member {
  readonly id: ClientId
  readonly user: string | null
  /** Its session has not ended, so a task for all has an execution for it; being online may have ended before. */
  readonly inSession: boolean
  readonly online: boolean
  /** Connected, and it has said what it has: it could be given work now. */
  readonly inTouch: boolean
  readonly sessionBeganAt: EpochMs | null
  readonly draining: boolean
  readonly hasFreeSlot: boolean
  readonly languages: readonly Language[]
}

/** Everybody who may get work. */
export interface Fleet {
  readonly members: readonly Member[]
}

interface FleetNeeds {
  readonly store: Pick<ClientStore, 'listClients'>
  readonly presence: Pick<Presence, 'contactOf' | 'slotsUsed'>
  readonly clock: Pick<Clock, 'monotonic'>
}

const PAGE = 1_000
/** Of a larger fleet only the first ones are looked at: what is said of it is said for people, nothing is decided by it. */
const MEMBERS_MAX = 20_000
/** At least so long one reading is good for everybody who asks. */
const FRESH_MS: Ms = 1_000
/** And longer the more it costs: reading takes at most a twentieth of the time. */
const COST_FACTOR = 20

/** Reads the fleet, once for all who ask at about the same time. */
export function createFleet(needs: FleetNeeds): () => Promise<Fleet> {
  const { clock } = needs
  let reading: Promise<Fleet> | undefined
  let goodUntil: Ms = 0
  return () => {
    if (reading !== undefined && clock.monotonic() < goodUntil) return reading
    const begun = clock.monotonic()
    goodUntil = Infinity
    const fresh = readFleet(needs)
    reading = fresh
    fresh.then(
      () => void (goodUntil = clock.monotonic() + Math.max(FRESH_MS, COST_FACTOR * (clock.monotonic() - begun))),
      () => void (goodUntil = 0),
    )
    return fresh
  }
}

async function readFleet({ store, presence }: FleetNeeds): Promise<Fleet> {
  const members: Member[] = []
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<ClientStore['listClients']>> = await store.listClients({
      limit: PAGE,
      after,
      filter: { status: 'approved' },
    })
    members.push(...page.items.map((client) => memberOf(client, presence)))
    after = page.nextKey
  } while (after !== null && members.length < MEMBERS_MAX)
  return { members }
}

function memberOf(client: ClientRecord, presence: FleetNeeds['presence']): Member {
  const { id, userName: user, draining, runtimes, slots, slotsLimit, sessionBeganAt } = client
  const inSession = client.session !== null
  const contact = presence.contactOf(id)
  const online = contact !== 'none'
  const hasFreeSlot = online && presence.slotsUsed(id) < Math.min(slots ?? 0, slotsLimit ?? Infinity)
  const languages = runtimes.map(({ language }) => language)
  return { id, user, inSession, online, inTouch: contact === 'ready', sessionBeganAt, draining, hasFreeSlot, languages }
}
