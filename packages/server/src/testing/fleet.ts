import type { ClientId, ExecutionId, SessionId } from '@octopus/protocol/ids.ts'
import type { ExecutionItem, Run } from '@octopus/protocol/rest/runs.ts'

import type { ReportedResult } from '#executions/execution-store.ts'

import type { ApiWorld } from './api-world.ts'

export interface Member {
  readonly id: ClientId
  readonly name: string
  readonly session: SessionId
}

/** Approved clients with a session, as the store has them. */
export async function addFleet(
  world: ApiWorld,
  names: readonly string[],
  user: string | null = null,
): Promise<Member[]> {
  const reported = { hostName: 'pc', os: '', arch: '', account: '', wishedUser: null, labels: [] }
  const now = world.clock.wall()
  const actor = { kind: 'system', name: 'test' } as const
  const tokenHash = world.ids.next()
  const token = { hash: tokenHash, user, approves: true, maxUses: names.length, expiresAt: now + 3_600_000 }
  await world.store.createEnrollmentToken({ now, actor, ...token })
  const members: Member[] = []
  for (const name of names) {
    const publicKey = world.ids.next()
    const enrolled = await world.store.enrollClient({
      now,
      tokenHash,
      publicKey,
      fingerprint: publicKey,
      name,
      version: '1',
      reported,
    })
    if (enrolled.outcome !== 'enrolled') throw new Error(enrolled.outcome)
    const session = world.ids.next() as SessionId
    await world.store.beginSession({
      now,
      client: enrolled.id,
      session,
      bootId: 'b',
      version: '1',
      holdMs: 120_000,
      heartbeatMs: 10_000,
    })
    members.push({ id: enrolled.id, name, session })
  }
  return members
}

/** A run of `greet` on everybody; nobody has begun. */
export async function runOnAll(world: ApiWorld, changes: object = {}): Promise<Run> {
  const body = { plugin: 'greet', owner: 'all', type: 'scheduled', intervalSeconds: 86_400, ...changes }
  const task = (await world.call({ method: 'POST', path: '/api/v1/tasks', body })).json as { id: string }
  const run = (await world.call({ method: 'POST', path: `/api/v1/tasks/${task.id}/runs` })).json as Run
  while ((await world.store.writeSlice({ now: world.clock.wall() })).more);
  return run
}

/** Each member gets its execution of the run and ends it as told. */
export async function endRun(
  world: ApiWorld,
  run: Run,
  members: readonly Member[],
  end: (member: Member, index: number) => Partial<ReportedResult>,
): Promise<void> {
  const now = world.clock.wall()
  const executions = await executionsOf(world, run)
  for (const [index, member] of members.entries()) {
    const execution = executions.find((item) => item.slot.value === member.id)?.id as ExecutionId
    const placements = [{ execution, client: member.id, session: member.session }]
    const handed = (await world.store.handOver({ now, steady: now, placements })).outcomes[0]
    if (handed?.outcome !== 'handed-over') throw new Error(JSON.stringify(handed))
    const { attempt, fence } = handed.item
    const result: ReportedResult = {
      execution,
      attempt,
      fence,
      proved: true,
      end: 'succeeded',
      reason: 'finished',
      startedAt: now,
      endedAt: now,
      error: null,
      valueJson: 'null',
      valueKind: 'json',
      outputBytes: 0,
      outputCut: false,
      valueCut: false,
      ...end(member, index),
    }
    await world.store.storeResults({ now, client: member.id, journalId: 'j', journalSeq: 1, results: [result] })
  }
}

export async function executionsOf(world: ApiWorld, run: Run): Promise<readonly ExecutionItem[]> {
  const items: ExecutionItem[] = []
  let cursor = ''
  for (;;) {
    const page = (await world.call({ path: `/api/v1/executions?run=${run.id}&limit=200${cursor}` })).json as {
      items: ExecutionItem[]
      nextCursor: string | null
    }
    items.push(...page.items)
    if (page.nextCursor === null) return items
    cursor = `&cursor=${page.nextCursor}`
  }
}
