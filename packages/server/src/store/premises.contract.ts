import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { Checksum, ClientId, ExecutionId, SessionId, TaskId } from '@octopus/protocol/ids.ts'

import { NO_RETRY } from '#executions/retry.ts'
import type { PlannedTask } from '#planning/plan.ts'
import type { TaskDefinition } from '#tasks/task.ts'

import type { Store } from './store.ts'

const NOW = 1_800_000_000_000
const DEADLINE_MS = 60_000
const actor = { kind: 'user', name: 'root' } as const
const reported = { hostName: 'pc', os: '', arch: '', account: '', wishedUser: null, labels: [] }

/** What was decided on an older state of things is not carried out: the store looks again when it commits. */
export function premisesContract(name: string, open: () => Promise<Store>): void {
  describe(`what a decision rests on, in a store ${name}`, () => {
    let store: Store
    let numbers = 0
    const fresh = (word: string): string => `${word}${++numbers}`
    before(async () => {
      store = await open()
      await store.startServer({ now: NOW, freshServerId: 'server', freshSecret: 'secret' })
      const bytes = { source: '', checksum: '0'.repeat(64) as Checksum }
      const version = { language: 'python', ...bytes, actions: [], doc: '', onlyIfNew: false } as const
      await store.publishPlugin({ now: NOW, actor, name: 'p', ...version })
    })
    after(() => store[Symbol.asyncDispose]())

    async function aUser(): Promise<{ readonly name: string; readonly id: string }> {
      const user = fresh('user')
      await store.createUser({ now: NOW, actor, name: user, displayName: '', role: null, passwordHash: null })
      return { name: user, id: (await store.readUser({ name: user }))?.id ?? '' }
    }

    /** A client with a session, of this user. */
    async function worker(user: string | null) {
      const hash = fresh('hash')
      const token = { now: NOW, actor, hash, user, approves: true, maxUses: 1, expiresAt: NOW + 1_000 }
      await store.createEnrollmentToken(token)
      const publicKey = fresh('key')
      const about = { publicKey, fingerprint: publicKey, name: fresh('pc'), version: '1', reported }
      const enrolled = await store.enrollClient({ now: NOW, tokenHash: hash, ...about })
      assert.ok(enrolled.outcome === 'enrolled')
      const session = fresh('session') as SessionId
      await store.beginSession({
        now: NOW,
        client: enrolled.id,
        session,
        bootId: 'b',
        version: '1',
        holdMs: 120_000,
        heartbeatMs: 10_000,
      })
      return { client: enrolled.id, session }
    }

    async function aTask(changes: Partial<TaskDefinition>, nextRunAt = NOW + 1e9) {
      const made = await store.createTask({ now: NOW, actor, nextRunAt, definition: { ...PLAIN, ...changes } })
      assert.ok(made.outcome === 'created')
      return made.task
    }

    /** The one execution of a new run for this user. */
    async function queuedFor(user: string): Promise<ExecutionId> {
      const { id } = await aTask({ owner: 'user', userId: user as TaskDefinition['userId'] })
      const run = await store.runTask({ now: NOW, actor, task: id, argsJson: null, kwargsJson: null })
      const page = await store.listExecutions({ limit: 1, after: null, filter: { run: run!.run } })
      return page.items[0]!.id
    }

    const isCancelled = async (id: ExecutionId): Promise<boolean> =>
      (await store.readExecution({ id }))?.state === 'cancelled'

    async function handedOver(execution: ExecutionId, to: Awaited<ReturnType<typeof worker>>, now = NOW) {
      const { outcomes } = await store.handOver({ now, steady: now, placements: [{ execution, ...to }] })
      return outcomes[0]?.outcome === 'handed-over'
    }

    it('hands out what still is as it was when it was decided', async () => {
      const alice = await aUser()
      const pc = await worker(alice.name)
      assert.equal(await handedOver(await queuedFor(alice.id), pc), true)
    })

    const meanwhile: Readonly<Record<string, (client: ClientId, execution: ExecutionId) => Promise<unknown>>> = {
      'the PC was taken from its user': (client) =>
        store.changeClient({ now: NOW, actor, client, ifRevision: 1, user: null }),
      'the PC was shut out': (client) => store.revokeClient({ now: NOW, actor, client }),
      'the PC was deleted': async (client) => {
        assert.equal((await store.deleteClient({ now: NOW, actor, client })).outcome, 'deleted')
      },
      'the PC was told to take nothing more': (client) =>
        store.setDraining({ now: NOW, actor, client, draining: true }),
      'its session has ended': async (client) => {
        const open = (await store.readOpenSessions({})).find((one) => one.client === client)
        await store.endSession({ now: NOW, steady: NOW, client, session: open!.session, holdEndsAt: NOW })
      },
      'somebody has cancelled it': (_, execution) => store.requestCancel({ now: NOW, actor, target: { execution } }),
      'all work was stopped': () => store.setWorkStopped({ now: NOW, actor, stopped: true }),
    }
    for (const [what, happens] of Object.entries(meanwhile)) {
      it(`hands out nothing when ${what} meanwhile`, async () => {
        const alice = await aUser()
        const pc = await worker(alice.name)
        const execution = await queuedFor(alice.id)
        await happens(pc.client, execution)
        assert.equal(await handedOver(execution, pc), false)
        await store.setWorkStopped({ now: NOW, actor, stopped: false })
      })
    }

    it('hands out nothing at or after its deadline', async () => {
      const alice = await aUser()
      const pc = await worker(alice.name)
      const execution = await queuedFor(alice.id)
      assert.equal(await handedOver(execution, pc, NOW + DEADLINE_MS), false)
      assert.equal(await handedOver(execution, pc, NOW + DEADLINE_MS - 1), true)
    })

    it('queues nothing again that somebody has cancelled, when its client gives it back', async () => {
      const alice = await aUser()
      const pc = await worker(alice.name)
      const inventory = { now: NOW, steady: NOW, holdEndsAt: NOW, ...pc, journalId: 'j', journalSeq: 1, attempts: [] }
      await store.reconcile(inventory)
      const giveBack: readonly ((attempt: AttemptKey) => Promise<unknown>)[] = [
        (attempt) => store.takeBack({ now: NOW, client: pc.client, attempts: [attempt] }),
        (attempt) => {
          const rejected = { ...attempt, reason: 'no-slot' as const, detail: '' }
          return store.recordRejected({ now: NOW, client: pc.client, attempts: [rejected] })
        },
        () => store.reconcile(inventory),
      ]
      for (const back of giveBack) {
        const execution = await queuedFor(alice.id)
        assert.equal(await handedOver(execution, pc), true)
        const fence = (await store.readExecution({ id: execution }))?.fence ?? 0
        await store.requestCancel({ now: NOW, actor, target: { execution } })
        assert.equal(await isCancelled(execution), false)
        await back({ execution, attempt: 1, fence })
        assert.equal(await isCancelled(execution), true)
      }
    })

    const plannedOf = (task: { readonly id: TaskId; readonly revision: number }): PlannedTask => ({
      task: task.id,
      premise: { revision: task.revision, nextRunAt: NOW },
      runs: [{ occurrence: String(NOW), dueAt: NOW, deadlineAt: NOW + 1, cause: 'schedule', queues: false }],
      nextRunAt: NOW + 60_000,
      missed: [],
    })
    const runsOf = async (task: TaskId): Promise<number> =>
      (await store.listRuns({ limit: 10, after: null, filter: { task } })).items.length

    it('makes the run of a task that still is as it was when it was planned, once', async () => {
      const task = await aTask(EVERY_MINUTE, NOW)
      for (const expected of [[], [task.id]]) {
        const { stale } = await store.commitPlan({ now: NOW, tasks: [plannedOf(task)] })
        assert.deepEqual(stale, expected)
      }
      assert.equal(await runsOf(task.id), 1)
      assert.equal((await store.readTask({ id: task.id }))?.nextRunAt, NOW + 60_000)
    })

    it('makes no run of a task that was paused after it was planned', async () => {
      const task = await aTask(EVERY_MINUTE, NOW)
      await store.pauseTask({ now: NOW, actor, task: task.id })
      await store.commitPlan({ now: NOW, tasks: [plannedOf(task)] })
      assert.equal(await runsOf(task.id), 0)
    })

    it('makes no run of a task that was deleted after it was planned, nor when a person asks for one', async () => {
      const task = await aTask(EVERY_MINUTE, NOW)
      assert.equal((await store.deleteTask({ now: NOW, actor, task: task.id })).outcome, 'deleted')
      assert.deepEqual((await store.commitPlan({ now: NOW, tasks: [plannedOf(task)] })).stale, [task.id])
      assert.equal(await store.runTask({ now: NOW, actor, task: task.id, argsJson: null, kwargsJson: null }), null)
      assert.equal(await runsOf(task.id), 0)
    })

    it('makes no run of a task that was edited after it was planned', async () => {
      const task = await aTask(EVERY_MINUTE, NOW)
      const change = { now: NOW, actor, task: task.id, ifRevision: task.revision, keys: ['args'] }
      const definition = { ...PLAIN, ...EVERY_MINUTE, argsJson: '[2]' }
      await store.changeTask({ ...change, definition, nextRunAt: undefined })
      assert.deepEqual((await store.commitPlan({ now: NOW, tasks: [plannedOf(task)] })).stale, [task.id])
      assert.equal(await runsOf(task.id), 0)
    })
  })
}

const PLAIN: TaskDefinition = {
  name: 'A task',
  plugin: 'p',
  action: 'run',
  argsJson: '[]',
  kwargsJson: '{}',
  owner: 'anyone',
  userId: null,
  type: 'ad-hoc',
  startAt: null,
  endAt: null,
  intervalMs: null,
  cron: null,
  timeZone: null,
  catchUp: 'last',
  overlap: 'skip',
  timeoutMs: 60_000,
  deadlineMs: DEADLINE_MS,
  retry: NO_RETRY,
  priority: 0,
  onDisconnect: 'stop',
}
const EVERY_MINUTE = { type: 'scheduled', startAt: NOW, intervalMs: 60_000 } as const
