import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

import { Broken } from './broken.ts'
import type { Contacts } from './contacts.ts'
import { statement } from './statements.ts'
import type { World } from './world.ts'

type DatabaseSync = World['server']['databases']['main']

/** What can be taken is taken within this time: commits take milliseconds, and what went wrong once is tried again after 1 s. */
const TAKEN_MS: Ms = 10_000
/** A store that failed, or a clock or a disk that was not right, is forgotten after this time. */
const SETTLED_MS: Ms = 60_000
/** A moment that came by time alone, without a write, is seen within this time. */
const LOOK_MS: Ms = 2_000

/** An execution that waits, and a client with room for it that has told of its interpreter. Nobody has rejected it, and it waits for no other one. */
const TAKEABLE = `select e.id, c.name, e.id || ' ' || c.name as pair from execution e
  join run r on r.id = e.run_id
  join client c on c.status = 'approved' and c.draining = 0 and c.session_id is not null
    and (e.slot_kind = 'any' or (e.slot_kind = 'client' and e.slot_value = c.id)
      or (e.slot_kind = 'user' and e.slot_value = c.user_id
        and not exists (select 1 from client o where o.user_id = c.user_id and o.id <> c.id)))
  where e.state = 'queued' and e.not_before <= ?1 and e.deadline_at > ?1 and e.language = 'python'
    and exists (select 1 from json_each(c.runtimes) l where l.value ->> 'language' = e.language)
    and e.cancel_requested_at is null and r.cancel_requested_at is null
    and e.avoided_by is null and e.rejected_by is null and e.unproven_client is null
    and not exists (select 1 from meta where (key = 'workStopped' and value = '1') or key = 'futureFence')
    and not exists (select 1 from execution o where o.task_id = e.task_id and o.slot_kind = e.slot_kind
      and o.slot_value = e.slot_value and o.id <> e.id and o.ends_at_latest is not null)
    and (select count(*) from execution o where o.client_id = c.id and o.state in ('assigned', 'running', 'disconnected'))
      < min(c.slots, coalesce(c.slots_limit, c.slots))`

/** L4: what waits is taken as soon as somebody can, who is there and has room, and nothing stands in the way. */
export class TakenInvariants {
  readonly #world: World
  readonly #contacts: Contacts
  #since = new Map<string, EpochMs>()
  #clearFrom: EpochMs = 0
  #failedCommits = 0
  #lookedAt: EpochMs = 0

  constructor(world: World, contacts: Contacts) {
    this.#world = world
    this.#contacts = contacts
  }

  check(database: DatabaseSync, isWritten: boolean): void {
    const now = this.#world.clock.wall()
    if (!this.#isClear()) this.#clearFrom = now + SETTLED_MS
    if (now < this.#clearFrom) this.#since.clear()
    if (now < this.#clearFrom || (!isWritten && now < this.#lookedAt + LOOK_MS)) return
    this.#lookedAt = now
    const before = this.#since
    this.#since = new Map()
    for (const { id, name, pair } of statement(database, TAKEABLE).all(now) as unknown as readonly Takeable[]) {
      const since = before.get(pair) ?? now
      this.#since.set(pair, since)
      const waits = Math.min(now - since, this.#contacts.lastsMs(name))
      if (waits > TAKEN_MS && this.#canTake(name, now))
        throw new Broken(`L4: ${id} waits for ${waits} ms, and ${name} could take it`)
    }
  }

  #isClear(): boolean {
    const { server, clock } = this.#world
    const isSame = server.commits.failed === this.#failedCommits
    this.#failedCommits = server.commits.failed
    return isSame && server.isWell && server.machine.clock.wall() === clock.wall()
  }

  /** It says itself that it takes nothing while it can write nothing down, and some time after. */
  #canTake(name: string, now: EpochMs): boolean {
    const client = this.#world.clients.find((one) => one.name === name)
    return client !== undefined && client.isWell && now > (client.wasFull?.until ?? 0) + SETTLED_MS
  }
}

interface Takeable {
  readonly id: string
  readonly name: string
  readonly pair: string
}
