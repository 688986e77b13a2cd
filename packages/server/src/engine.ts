import { createBus } from '@octopus/kit/bus.ts'
import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { IdMaker } from '@octopus/kit/ids.ts'
import type { Log } from '@octopus/kit/log.ts'
import { macText } from '@octopus/kit/mac.ts'
import { type Random, secretText } from '@octopus/kit/random.ts'
import type { Acknowledge } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import { BATCH_ITEMS_MAX } from '@octopus/protocol/limits.ts'

import { Strangers } from '#conduct/strangers.ts'
import { ConductWatch } from '#conduct/watch-conduct.ts'
import type { BrakeLever } from '#delivery/brake.ts'
import type { Door, Presence } from '#delivery/door.ts'
import { createDoor } from '#delivery/front-door.ts'
import { HandOver } from '#delivery/hand-over.ts'
import { SHUT_OUT } from '#delivery/handshake.ts'
import { Inbox } from '#delivery/inbox.ts'
import { PresenceWheel } from '#delivery/presence.ts'
import type { Session } from '#delivery/session.ts'
import { Sessions } from '#delivery/sessions.ts'
import { comeBackMs, createSteadyTime, HEARTBEAT_MS_DEFAULT, holdEndsAfter, presenceMs } from '#delivery/timing.ts'
import { Brake } from '#delivery/watch-brake.ts'
import type { DiskLevel } from '#disk/disk-level.ts'
import { finishCancels } from '#executions/cancel-work.ts'
import { SERVER_GRACE_MS } from '#executions/end-time.ts'
import { type CancelRequest, REJECTION_PAUSE_MS } from '#executions/execution-store.ts'
import { expireOverdue } from '#executions/expire.ts'
import type { Facts, ServerBus } from '#live/facts.ts'
import { createPlanner } from '#planning/planner.ts'
import { watchClock } from '#planning/watch-clock.ts'
import { PluginSync } from '#plugins/sync.ts'
import { storeOutput } from '#results/store-output.ts'
import { storeResult } from '#results/store-result.ts'
import { WithheldOutput } from '#results/withheld-output.ts'
import type { Store } from '#store/store.ts'
import { isStoreOut, untilStored } from '#store/until-stored.ts'

/** What the engine is built on; the simulator gives it virtual time and an in-memory store. */
export interface EngineNeeds {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly ids: IdMaker
  readonly log: Log
  readonly holdMs: Ms
  /** What the room on the disk allows; without it there is always room. */
  readonly diskLevel?: () => DiskLevel
  /** Ed25519: does the signature fit the text and the raw public key? */
  readonly verify: (publicKey: string, text: string, signature: string) => boolean
}

/** The server without its edges: planning, delivery, results, expiry, plugin sync. */
export interface Engine {
  readonly serverId: string
  /** A secret of this server for one purpose, the same after a restart. */
  secretFor(purpose: string): string
  readonly bus: ServerBus
  readonly door: Door
  readonly presence: Presence
  /** A wall time that no step of the wall clock moves: what is handed out ends by it. */
  readonly steady: () => EpochMs
  readonly brake: BrakeLever
  /** The manifest that clients are told of now. */
  manifestRevision(): number
  /** A planned stop: clients are told to come back, sessions stay as they are stored. Resolves when every loop has ended; twice is as good as once. */
  stop(reconnectAfterMs: Ms): Promise<void>
}

/** Starts the engine; it is at work when this resolves. */
export async function startEngine(needs: EngineNeeds): Promise<Engine> {
  const { store, clock, random, ids, log, holdMs, verify, diskLevel = () => 'roomy' } = needs
  const withheld = new WithheldOutput()
  const life = new AbortController()
  const signal = life.signal
  const told: { brake?: Brake } = {}
  const onOutage = (error: unknown): void => {
    if (signal.aborted) return
    log.error('store outage', { error: describe(error) })
    if (isStoreOut(error)) told.brake?.storeFailed()
  }
  const bus = createBus<Facts>((error) => log.error('listener failed', { error: describe(error) }))
  const server = await store.startServer({
    now: clock.wall(),
    freshServerId: ids.next(),
    freshSecret: secretText(random),
  })
  const steady = createSteadyTime(clock, server.steadyAheadMs)
  const left = await store.readOpenSessions({})
  // Those who beat most slowly notice last that the server is another one, and say then what they did meanwhile.
  const slowestMs = left.reduce((ms, { toldHeartbeatMs }) => Math.max(ms, toldHeartbeatMs), HEARTBEAT_MS_DEFAULT)
  await store.restartHolds({
    steady: steady(),
    holdMs,
    endsNotBefore: steady() + Math.max(holdEndsAfter(holdMs), comeBackMs(slowestMs) + SERVER_GRACE_MS),
  })
  const prove = (text: string): string => macText(server.secret, text)

  const sessions = new Sessions({ store, bus, clock, steady, holdMs, onOutage })
  const conducts = new ConductWatch({ store, bus, clock, log, onOutage })
  const brake = new Brake({
    store,
    sessions,
    bus,
    clock,
    holdMs,
    presenceMs: presenceMs(HEARTBEAT_MS_DEFAULT),
    log,
    signal,
    onOutage,
  })
  told.brake = brake
  const handOver = new HandOver({ store, sessions, bus, clock, steady, random, onOutage })
  const receivers = (): Iterable<Session> => sessions.all()
  const sync = new PluginSync({ store, bus, clock, receivers, onOutage })
  const planner = createPlanner({ store, bus, clock, log, hasRoom: () => diskLevel() !== 'full', onOutage })
  const wheel = new PresenceWheel({
    clock,
    presenceEnds: (session) => sessions.presenceEnds(session),
    onOver: (session) => {
      if (!sessions.isSilent(session)) return endSession(session, 'no inventory in time')
      endSession(session, 'silent')
      brake.vanished(session.client)
    },
  })
  const inbox = new Inbox({
    store,
    sessions,
    bus,
    clock,
    steady,
    holdMs,
    log,
    conducts,
    prove,
    storeResult: (from, message) => storeResult({ store, bus, clock, prove }, from, message),
    storeOutput: (client, message) =>
      storeOutput({ store, bus, clock, prove, withheld, hasRoom: () => diskLevel() === 'roomy' }, client, message),
    onReady: (session) => {
      tellCancels(session, session.cancels.splice(0))
      sync.greet(session)
      if (session.draining) session.send({ type: 'drain', on: true })
      handOver.lookAt(session.client)
      handOver.lookLater(session.client, clock.wall() + REJECTION_PAUSE_MS)
    },
    onLeaving: (session, reason) => endSession(session, `leaving: ${reason}`),
    onGone: (session) => endSession(session, 'not the session of its client any more'),
    onPause: (client, slots) => handOver.rejectedInPassing(client, slots),
  })
  const door = createDoor({
    store,
    clock,
    ids,
    random,
    log,
    server,
    holdMs,
    verify,
    sessions,
    inbox,
    conducts,
    strangers: new Strangers(clock),
    bus,
    signal,
    onSession: (session) => wheel.watch(session),
    onOutage,
  })

  function endSession(session: Session, reason: string): void {
    log.info('session ended', { client: session.client, session: session.id, reason })
    sessions.end(session, reason, signal)
    if (session.userId !== null) handOver.lookAtUser(session.userId)
  }

  bus.on('cancel-requested', ({ requests }) => sendCancels(sessions, requests))
  bus.on('future-fence', ({ client }) => {
    log.error('FUTURE_FENCE', {
      client,
      remedy: 'an older copy of the store is in use: make a backup of it, or take a newer one, and octopus restore it',
    })
  })
  for (const fact of ['client-revoked', 'client-deleted'] as const) {
    bus.on(fact, ({ client }) => {
      const session = sessions.get(client)
      session?.send(SHUT_OUT[fact].refused)
      if (session) endSession(session, SHUT_OUT[fact].refused.reason)
    })
  }
  /** Clients that are being looked at, and whether they have changed since. */
  const refreshing = new Map<ClientId, boolean>()
  bus.on('client-changed', ({ client }) => {
    const isUnderWay = refreshing.has(client)
    refreshing.set(client, isUnderWay)
    if (!isUnderWay) void refreshAsLongAsItChanges(client)
  })

  async function refreshAsLongAsItChanges(client: ClientId): Promise<void> {
    do {
      refreshing.set(client, false)
      await untilStored({ clock, onOutage }, signal, () => refreshSession({ store, sessions, handOver }, client))
    } while (refreshing.get(client) === true)
    refreshing.delete(client)
  }

  bus.on('disk-level', ({ level }) => {
    const tell = (client: ClientId, output: Acknowledge['output']): void => {
      const session = sessions.get(client)
      // Before that it would break the connection off; and a new session goes on from what is stored by itself.
      if (session?.phase === 'ready') session.send({ type: 'acknowledge', results: [], output })
    }
    // Full again: the next time that there is room it goes on.
    const release = (): Promise<void> =>
      withheld.release({ store, clock, hasRoom: () => diskLevel() === 'roomy' }, tell)
    if (level === 'roomy') void untilStored({ clock, onOutage }, signal, release)
  })

  await sync.start()
  const atWork = await store.readClientsAtWork({})
  // Those too who were out of contact when the last life ended: their brake, if it was on, has ended with it.
  if (atWork.length > 0) brake.serverStarted([...new Set([...left.map(({ client }) => client), ...atWork])])
  const loops = [
    planner.run(signal),
    watchClock({ store, clock, steady, notedAheadMs: server.steadyAheadMs, log, bus, onOutage }, signal),
    handOver.run(signal),
    sync.run(signal),
    wheel.run(signal),
    conducts.run(signal),
    brake.run(signal),
    expireOverdue({ store, bus, clock, steady, braked: () => brake.braked(), onOutage }, signal),
    finishCancels({ store, bus, clock, onOutage }, signal),
    endLeftSessions({ store, sessions, bus, clock, steady, holdMs, onOutage }, left, signal),
  ]

  return {
    serverId: server.serverId,
    secretFor: (purpose) => prove(`octopus-secret-1\n${purpose}`),
    bus,
    door,
    presence: sessions,
    steady,
    brake,
    manifestRevision: () => sync.revision(),
    stop: async (reconnectAfterMs) => {
      for (const session of sessions.all()) session.send({ type: 'moving', reconnectAfterMs })
      sessions.closeAll('the server is stopping')
      life.abort(new Error('the server is stopping'))
      await Promise.all([...loops, sessions.settled()])
    },
  }
}

/** To those who are not ready they are told once they are; who is not here hears of them by `reconciled`. */
function sendCancels(sessions: Sessions, requests: readonly CancelRequest[]): void {
  for (const [client, all] of Map.groupBy(requests, (request) => request.client)) {
    const session = sessions.get(client)
    if (session?.phase === 'ready') tellCancels(session, all)
    else session?.cancels.push(...all)
  }
}

/** The end comes as a result. Told twice is as good as once. */
function tellCancels(session: Session, requests: readonly CancelRequest[]): void {
  for (let at = 0; at < requests.length; at += BATCH_ITEMS_MAX) {
    const executions = requests
      .slice(at, at + BATCH_ITEMS_MAX)
      .map(({ key, reason }) => ({ ...key, reason, ifNotStarted: false }))
    session.send({ type: 'cancel', executions })
  }
}

interface RefreshNeeds {
  readonly store: Store
  readonly sessions: Sessions
  readonly handOver: HandOver
}

/** What was changed at a client counts at once: its user, whether it drains. */
async function refreshSession(needs: RefreshNeeds, client: ClientId): Promise<void> {
  const session = needs.sessions.get(client)
  if (!session) return
  const record = await needs.store.readClient({ id: client })
  if (!record || session.phase === 'ended') return
  if (record.draining !== session.draining && session.phase === 'ready') {
    session.send({ type: 'drain', on: record.draining })
  }
  const roomBefore = session.freeSlots
  session.slotsLimit = record.slotsLimit
  const more = session.freeSlots > roomBefore
  const changed = more || session.userId !== record.userId || session.draining !== record.draining
  if (session.userId !== null && session.userId !== record.userId) needs.handOver.lookAtUser(session.userId)
  session.userId = record.userId
  session.draining = record.draining
  if (changed) needs.handOver.lookAt(client)
}

interface LeftNeeds {
  readonly store: Store
  readonly sessions: Sessions
  readonly bus: ServerBus
  readonly clock: Clock
  readonly steady: () => EpochMs
  readonly holdMs: Ms
  readonly onOutage: (error: unknown) => void
}

/**
 * Sessions stored as open by the server's last life: a restart ends none of them until its client has had time to come
 * back, by the interval that it was told. Their hold counts from this start.
 */
async function endLeftSessions(
  needs: LeftNeeds,
  left: Awaited<ReturnType<Store['readOpenSessions']>>,
  signal: AbortSignal,
): Promise<void> {
  const { store, sessions, bus, clock, steady, holdMs, onOutage } = needs
  const startedAt = steady()
  const inTurn = left
    .map((one) => ({ ...one, endsAt: startedAt + comeBackMs(one.toldHeartbeatMs) }))
    .toSorted((one, other) => one.endsAt - other.endsAt)
  for (const { client, session, toldHoldMs, endsAt } of inTurn) {
    if (endsAt > steady()) await clock.after(endsAt - steady(), signal).catch(() => {})
    // A planned stop leaves them to the next life.
    if (signal.aborted) return
    const holdEndsAt = startedAt + holdEndsAfter(Math.max(holdMs, toldHoldMs))
    await untilStored({ clock, onOutage }, signal, async () => {
      if (sessions.get(client)) return
      const ended = { now: clock.wall(), steady: steady(), client, session, holdEndsAt }
      bus.publish('touched', await store.endSession(ended))
    })
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
