import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Checksum, ClientId, ExecutionId, SessionId } from '@octopus/protocol/ids.ts'

import { type HandOverOutcome, REJECTION_PAUSE_MS, type ReportedResult } from '#executions/execution-store.ts'
import type { RetryPolicy } from '#executions/retry.ts'

import type { Store } from './store.ts'

const NOW = 1_800_000_000_000
const actor = { kind: 'user', name: 'root' } as const
const reported = { hostName: 'pc', os: '', arch: '', account: '', wishedUser: null, labels: [] }
let numbers = 0
const fresh = (word: string): string => `${word}${++numbers}`

type Handed = Extract<HandOverOutcome, { outcome: 'handed-over' }>
interface Worker {
  readonly client: ClientId
  readonly session: SessionId
}

/** What every store promises of further attempts, of rejections and of fences that it never gave. */
export function policiesContract(name: string, open: () => Promise<Store>): void {
  describe(`policies in a store ${name}`, () => {
    let store: Store
    before(async () => {
      store = await open()
      await store.startServer({ now: NOW, freshServerId: 'server', freshSecret: 'secret' })
    })
    after(() => store[Symbol.asyncDispose]())

    async function worker(): Promise<Worker> {
      const hash = fresh('hash')
      const token = { now: NOW, actor, hash, user: null, approves: true, maxUses: 1, expiresAt: NOW + 1_000 }
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

    /** A run for anyone of a task with this policy; its one execution is queued. */
    async function queued(retry: RetryPolicy, timeoutMs = 60_000): Promise<ExecutionId> {
      const plugin = fresh('plugin')
      const checksum = fresh('').padStart(64, '0') as Checksum
      const source = { language: 'python', source: checksum, checksum, actions: [], doc: '', onlyIfNew: false } as const
      await store.publishPlugin({ now: NOW, actor, name: plugin, ...source })
      const made = await store.createTask({
        now: NOW,
        actor,
        nextRunAt: NOW + 1e9,
        definition: { ...PLAIN, plugin, retry, timeoutMs },
      })
      assert.ok(made.outcome === 'created')
      const run = await store.runTask({ now: NOW, actor, task: made.task.id, argsJson: null, kwargsJson: null })
      assert.ok(run)
      const page = await store.listExecutions({ limit: 1, after: null, filter: { run: run.run } })
      return page.items[0]?.id as ExecutionId
    }

    async function handOver(execution: ExecutionId, to: Worker, now = NOW): Promise<Handed | undefined> {
      const { outcomes } = await store.handOver({ now, steady: now, placements: [{ execution, ...to }] })
      return outcomes[0]?.outcome === 'handed-over' ? outcomes[0] : undefined
    }

    const failed = ({ item }: Handed): ReportedResult => ({
      execution: item.execution,
      attempt: item.attempt,
      fence: item.fence,
      proved: true,
      end: 'failed',
      reason: 'exception',
      startedAt: NOW,
      endedAt: NOW,
      valueJson: null,
      valueKind: 'json',
      error: { message: 'no', type: 'E', stack: '' },
      outputBytes: 0,
      outputCut: false,
      valueCut: false,
    })
    const report = (handed: Handed, results: readonly ReportedResult[]) =>
      store.storeResults({ now: NOW, client: handed.client, journalId: 'j', journalSeq: 1, results })

    it('of two reports of one failure one makes the next attempt, and the other is a duplicate', async () => {
      const [ann, execution] = [await worker(), await queued({ maxAttempts: 3, backoffMs: 0, on: ['failed'] })]
      const handed = await handOver(execution, ann)
      assert.ok(handed)
      const both = await Promise.all([report(handed, [failed(handed)]), report(handed, [failed(handed)])])
      const dispositions = both.flatMap(({ outcomes }) => outcomes.map(({ disposition }) => disposition))
      assert.deepEqual(dispositions.toSorted(), ['applied', 'duplicate'])
      const detail = await store.readExecution({ id: execution })
      assert.deepEqual([detail?.state, detail?.attempt, detail?.attempts.length], ['queued', 2, 1])
    })

    it('so many who reject it in passing that nobody is asked are counted by their pauses, and remembered beyond', async () => {
      const [many, execution] = [64, await queued({ maxAttempts: 1, backoffMs: 0, on: [] })]
      const workers = await Promise.all(Array.from({ length: many + 1 }, worker))
      const reject = async (by: Worker, now: number): Promise<void> => {
        const handed = await handOver(execution, by, now)
        assert.ok(handed)
        const { attempt, fence } = handed.item
        const attempts = [{ execution, attempt, fence, reason: 'no-slot', detail: '' } as const]
        await store.recordRejected({ now, client: by.client, attempts })
      }
      const notBefore = async () => (await store.readExecution({ id: execution }))?.notBefore
      const fences = async () => {
        const why = await store.readWhy({ execution })
        return why.outcome === 'found' ? why.handedBack.map(({ fence }) => fence ?? 0) : []
      }
      const [first, ...others] = workers
      assert.ok(first)
      await reject(first, NOW)
      const later = NOW + REJECTION_PAUSE_MS
      for (const one of others.slice(1)) await reject(one, later)
      assert.equal(await notBefore(), 0, 'the pause of the first one is over: somebody else may be asked')
      const [oldest, ...newer] = await fences()
      assert.equal(newer.length, many - 1)
      assert.ok(others[0])
      await reject(others[0], later)
      assert.equal(await notBefore(), later + REJECTION_PAUSE_MS)
      const kept = await fences()
      assert.equal(kept.length, many)
      assert.ok(!kept.includes(oldest ?? 0), 'the one whose pause is over makes room')
    })

    it('the next attempt is told of when its pause is over, and handed out with a higher fence', async () => {
      const [ann, execution] = [await worker(), await queued({ maxAttempts: 2, backoffMs: 500, on: ['failed'] })]
      const handed = await handOver(execution, ann)
      assert.ok(handed)
      const { touched } = await report(handed, [failed(handed)])
      assert.equal(touched.retriesInMs, 500)
      assert.equal((await store.readRetries({ now: NOW + 499, after: NOW })).slots.length, 0)
      const due = await store.readRetries({ now: NOW + 500, after: NOW + 499 })
      assert.deepEqual(
        due.slots.map(({ kind, value }) => `${kind}:${value}`),
        ['any:'],
      )
      const again = await handOver(execution, ann, NOW + 500)
      assert.ok(again && again.item.fence > handed.item.fence && again.item.attempt === 2)
    })

    it('what the server ended alone goes to nobody else before its process is known to be gone', async () => {
      const [ann, bob] = [await worker(), await worker()]
      const execution = await queued({ maxAttempts: 2, backoffMs: 0, on: ['timed-out'] }, 1_000)
      const handed = await handOver(execution, ann)
      assert.ok(handed)
      const { attempt, fence } = handed.item
      const attempts = [{ execution, attempt, fence, startedAt: NOW }]
      await store.recordStarted({ now: NOW, steady: NOW, client: ann.client, attempts })
      const late = NOW + 62_000
      await store.endOverdue({ now: late, steady: late, limit: 10, braked: 'nothing' })
      assert.equal((await store.readExecution({ id: execution }))?.state, 'queued')
      assert.equal(await handOver(execution, bob, late), undefined)
      await report(handed, [failed(handed)])
      assert.ok(await handOver(execution, bob, late))
    })

    it('nothing that is handed out is ended by time while nobody knows what the server has missed', async () => {
      const ann = await worker()
      const execution = await queued({ maxAttempts: 1, backoffMs: 0, on: [] }, 1_000)
      assert.ok(await handOver(execution, ann))
      const state = async (): Promise<string | undefined> => (await store.readExecution({ id: execution }))?.state
      const late = { now: NOW + 864_000_000, steady: NOW + 864_000_000 }
      await store.endOverdue({ ...late, limit: 10, braked: 'handed-out' })
      assert.equal(await state(), 'assigned')
      assert.equal((await store.readNextEnd({ braked: 'handed-out' })).others, null)
      // That others are out of contact says nothing of this one.
      await store.endOverdue({ ...late, limit: 10, braked: 'out-of-contact' })
      assert.equal(await state(), 'timed-out')
    })

    it('a fence that it never gave bars all hand-over; one that is not proved bars nothing', async () => {
      const [ann, execution] = [await worker(), await queued({ maxAttempts: 1, backoffMs: 0, on: [] })]
      const handed = await handOver(execution, ann)
      assert.ok(handed)
      const future = { ...failed(handed), fence: handed.item.fence + 1_000 }
      const unproved = await report(handed, [{ ...future, proved: false }])
      assert.equal(unproved.outcomes[0]?.disposition, 'refused')
      assert.equal(await store.readFutureFence({}), null)
      const proved = await report(handed, [future])
      assert.equal(proved.outcomes[0]?.disposition, 'unanswered')
      assert.equal((await store.readFutureFence({}))?.client, ann.client)
      const next = await queued({ maxAttempts: 1, backoffMs: 0, on: [] })
      assert.equal(await handOver(next, ann), undefined)
    })
  })
}

const PLAIN = {
  name: 'A task',
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
  deadlineMs: null,
  onDisconnect: 'stop',
  priority: 0,
} as const
