import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ClientId, ExecutionId, RunId } from '@octopus/protocol/ids.ts'

import type { Member } from '#clients/fleet.ts'
import type { EarlierAttempt, ExecutionDetail } from '#executions/execution-store.ts'
import { client, execution, MINUTE, NOW, PC, run, snapshot, task } from '#testing/why-snapshot.ts'

import type { WhySnapshot } from './snapshot.ts'
import { explainWhy, type Explanation } from './why.ts'

const BUSY_ID = 'e0' as ExecutionId

const codesOf = ({ steps }: Pick<Explanation, 'steps'>): string =>
  steps.map(({ state, code }) => `${state}:${code}`).join(' ')

const RESULT = {
  valueJson: '1',
  valueKind: 'json',
  error: null,
  outputBytes: 0,
  outputCut: false,
  valueCut: false,
} as const
const handed = { client: PC, clientName: 'pc-1', fence: 7, assignedAt: NOW - 9 * MINUTE }
const running = { ...handed, state: 'running', startedAt: NOW - 8 * MINUTE, endsAtLatest: NOW + MINUTE } as const
const away = { ...running, state: 'disconnected', disconnectedAt: NOW - MINUTE } as const
const asked = { cancelRequestedAt: NOW - MINUTE }
const succeeded = {
  ...running,
  state: 'succeeded',
  reason: 'finished',
  endedAt: NOW - 7 * MINUTE,
  endsAtLatest: null,
  result: RESULT,
  resultFence: 7,
} as const
const refused = {
  ...handed,
  state: 'failed',
  reason: 'policy-forbids',
  endedAt: NOW - 8 * MINUTE,
  endsAtLatest: null,
  result: { ...RESULT, valueJson: null, error: { message: 'not here', type: 'policy-forbids', stack: '' } },
} as const
const earlier: EarlierAttempt = {
  attempt: 1,
  fence: 6,
  client: PC,
  clientName: 'pc-1',
  end: 'failed',
  reason: 'exception',
  proved: true,
  assignedAt: NOW - 9 * MINUTE,
  startedAt: NOW - 9 * MINUTE + 5,
  endedAt: NOW - 8 * MINUTE,
  result: RESULT,
}
const anyone = { slot: { kind: 'any', value: '' }, slotLabel: 'anyone' } as const
const alice = { slot: { kind: 'user', value: 'u1' }, slotLabel: 'alice' } as const
const none = { execution: null, clientContact: 'none' } as const
const avoidedBy = (id: ClientId, forMs: number) => ({ client: id, name: id, until: NOW + forMs })
/** Rejected in passing, so that nobody is asked for a while. */
const rejected = (by: ClientId = PC) => ({ notBefore: NOW + 20_000, avoided: [avoidedBy(by, 20_000)] })
const OTHER = 'c2' as ClientId
const second = { attempt: 2, attempts: [earlier] } as const
const lost = { ...succeeded, state: 'lost', result: { ...RESULT, valueJson: null } } as const
const member = (changes: Partial<Member> = {}): Member => ({
  id: PC,
  user: null,
  inSession: true,
  online: true,
  sessionBeganAt: NOW,
  draining: false,
  inTouch: true,
  hasFreeSlot: true,
  languages: ['python'],
  ...changes,
})

/** What is so, as codes of the steps, and words of the summary. */
const cases: readonly [title: string, snapshot: WhySnapshot, steps: string, summary: RegExp][] = [
  // Not targeted.
  [
    'was enrolled after the run',
    snapshot({ ...none, client: client({ createdAt: NOW - MINUTE, history: [] }) }),
    'done:run-created never:enrolled-later',
    /pc-1 was enrolled only after the list of clients was frozen/,
  ],
  [
    'was approved after the run',
    snapshot({
      ...none,
      client: client({
        history: [
          { at: NOW - 900 * MINUTE, became: 'pending' },
          { at: NOW - MINUTE, became: 'approved' },
        ],
      }),
    }),
    'done:run-created never:approved-later',
    /pc-1 was approved only after/,
  ],
  [
    'is not approved yet',
    snapshot({ ...none, client: client({ history: [{ at: NOW - 900 * MINUTE, became: 'pending' }] }) }),
    'done:run-created never:not-approved',
    /was not approved/,
  ],
  [
    'was shut out before the run',
    snapshot({ ...none, client: client({ history: [{ at: NOW - 20 * MINUTE, became: 'revoked' }] }) }),
    'done:run-created never:revoked',
    /shut out before/,
  ],
  [
    'was deleted before the run',
    snapshot({ ...none, client: client({ history: [{ at: NOW - 20 * MINUTE, became: 'deleted' }] }) }),
    'done:run-created never:deleted',
    /deleted before/,
  ],
  [
    'was deleted and restored before the run, and not connected',
    snapshot({
      ...none,
      client: client({
        history: [
          { at: NOW - 30 * MINUTE, became: 'approved' },
          { at: NOW - 29 * MINUTE, became: 'deleted' },
          { at: NOW - 28 * MINUTE, became: 'draining' },
          { at: NOW - 27 * MINUTE, became: 'restored' },
        ],
      }),
    }),
    'done:run-created never:offline-then',
    /pc-1 was not connected when/,
  ],
  [
    'was not connected, as far as an old audit trail tells',
    snapshot({ ...none, client: client({ history: [] }) }),
    'done:run-created never:offline-then',
    /not connected, or not approved,/,
  ],
  [
    'is no part of a retry',
    snapshot({ ...none, run: run({ cause: { kind: 'retry', by: 'ann', of: 'r0' } }) }),
    'done:run-created never:not-targeted',
    /had not succeeded in run r0; pc-1 was no part of that/,
  ],
  [
    'is not where a source was tried out',
    snapshot({ ...none, run: run({ try: true }) }),
    'done:run-created never:not-targeted',
    /tried out on another client/,
  ],
  [
    'is in the audience, and the row comes',
    snapshot({ ...none, run: run({ unwritten: true }) }),
    'done:run-created now:being-written',
    /about to be written/,
  ],
  [
    "belongs to another user than the task's",
    snapshot({ execution: execution(alice), client: client({ user: 'bob' }), fleet: { members: [] } }),
    'done:run-created never:other-user done:targeted done:queued now:no-client next:ends-at-latest',
    /for user alice; pc-1 belongs to bob/,
  ],
  [
    'came second where anyone may',
    snapshot({ execution: execution({ ...anyone, ...succeeded, client: 'c2' as ClientId, clientName: 'pc-2' }) }),
    'done:run-created never:other-client done:targeted done:queued done:handed-over done:started done:ended done:result-stored',
    /It was for anyone, and pc-2 got it, not pc-1/,
  ],
  [
    'had an earlier attempt, and another one has the next',
    snapshot({ execution: execution({ ...anyone, ...running, ...second, client: OTHER, clientName: 'pc-2' }) }),
    'done:run-created done:targeted done:queued done:handed-over done:started done:attempt-ended done:handed-over done:started now:running next:ends-at-latest',
    /^It runs on pc-2\.$/,
  ],
  [
    'had an earlier attempt of what was for its user, and belongs to another one since',
    snapshot({ execution: execution({ ...alice, ...second }), client: client({ user: 'bob' }) }),
    'done:run-created done:targeted done:queued done:handed-over done:started done:attempt-ended now:no-client next:ends-at-latest',
    /^No client is approved yet/,
  ],

  // Waits.
  [
    'waits for a PC that is off',
    snapshot({ clientContact: 'none' }),
    'done:run-created done:targeted done:queued now:client-offline next:ends-at-latest',
    /pc-1 is off or not connected/,
  ],
  [
    'waits for a PC whose connection is closed, though its session has not ended',
    snapshot({ clientContact: 'closed' }),
    'done:run-created done:targeted done:queued now:connecting next:ends-at-latest',
    /^The connection of pc-1 is closed, and its session not over yet\. It gets it when it is connected again\.$/,
  ],
  [
    'waits for a PC that has yet to say what it has',
    snapshot({ clientContact: 'settling' }),
    'done:run-created done:targeted done:queued now:connecting next:ends-at-latest',
    /^pc-1 has connected, and is yet to say what it still has of its work\. It gets it after that\.$/,
  ],
  [
    'waits for anyone, and the only one who could take it is not in touch',
    snapshot({ execution: execution(anyone), client: null, fleet: { members: [member({ inTouch: false })] } }),
    'done:run-created done:targeted done:queued now:connecting next:ends-at-latest',
    /has not said yet what it still has of its work/,
  ],
  [
    'waits for a PC that drains',
    snapshot({ client: client({ draining: true }) }),
    'done:run-created done:targeted done:queued now:draining next:ends-at-latest',
    /draining/,
  ],
  [
    'waits for a language',
    snapshot({ client: client({ languages: ['shell'] }) }),
    'done:run-created done:targeted done:queued now:no-runtime next:ends-at-latest',
    /cannot run python/,
  ],
  [
    'waits for a slot',
    snapshot({ clientSlotsUsed: 2 }),
    'done:run-created done:targeted done:queued now:no-free-slot next:ends-at-latest',
    /all of its 2 slots are taken/,
  ],
  [
    'waits for a PC that has never said what it can do',
    snapshot({ client: client({ slots: null, languages: [] }) }),
    'done:run-created done:targeted done:queued now:not-said-yet next:ends-at-latest',
    /^pc-1 has not said yet what it can run, and how many at once; it is asked when it connects\.$/,
  ],
  [
    'waits for a PC that was shut out since',
    snapshot({ client: client({ status: 'revoked' }), clientContact: 'none' }),
    'done:run-created done:targeted done:queued now:revoked next:ends-at-latest',
    /shut out and gets nothing/,
  ],
  [
    'waits while all work is stopped',
    snapshot({ workStopped: true }),
    'done:run-created done:targeted done:queued now:work-stopped next:ends-at-latest',
    /All work is stopped/,
  ],
  [
    'waits because of an older backup',
    snapshot({ oldStore: true }),
    'done:run-created done:targeted done:queued now:old-store next:ends-at-latest',
    /newest backup/,
  ],
  [
    'waits for its turn',
    snapshot({ behind: { execution: BUSY_ID, run: 'r0' as RunId, state: 'running' } }),
    'done:run-created done:targeted done:queued now:earlier-run next:ends-at-latest',
    /until execution e0 of run r0 has ended/,
  ],
  [
    'was refused in passing',
    snapshot({ execution: execution(rejected()) }),
    'done:run-created done:targeted done:queued now:rejected-for-now next:ends-at-latest',
    /^c1 could not take it a moment ago, and is asked again at 2026-11-24T08:00:20.000Z\.$/,
  ],
  [
    'was refused in passing by everybody who could take it',
    snapshot({
      execution: execution({ ...anyone, avoided: [avoidedBy(PC, 20_000)] }),
      client: null,
      fleet: { members: [member(), member({ id: 'c2' as ClientId, hasFreeSlot: false })] },
    }),
    'done:run-created done:targeted done:queued now:rejected-for-now next:ends-at-latest',
    /c1 could not take it a moment ago, and is asked again at 2026-11-24T08:00:20.000Z/,
  ],
  [
    'was refused in passing, and another one is there, or the pause is over',
    snapshot({
      execution: execution({ ...anyone, avoided: [avoidedBy(PC, 20_000), avoidedBy('c2' as ClientId, 0)] }),
      client: null,
      fleet: { members: [member(), member({ id: 'c2' as ClientId })] },
    }),
    'done:run-created done:targeted done:queued now:about-to-go next:ends-at-latest',
    /handed over at the next look/,
  ],
  [
    "waits for a user's newest PC, though another one is free",
    snapshot({
      execution: execution(alice),
      client: null,
      fleet: {
        members: [
          member({ user: 'alice', hasFreeSlot: false }),
          member({ id: 'c2' as ClientId, user: 'alice', sessionBeganAt: NOW - MINUTE }),
        ],
      },
    }),
    'done:run-created done:targeted done:queued now:no-free-slot next:ends-at-latest',
    /Of alice's PCs only the one that connected last is asked/,
  ],
  [
    'waits for anyone, and nobody is there',
    snapshot({ execution: execution(anyone), client: null, fleet: { members: [member({ online: false })] } }),
    'done:run-created done:targeted done:queued now:no-client-online next:ends-at-latest',
    /No client is connected/,
  ],
  [
    'waits for anyone; the one asked about will not do it',
    snapshot({
      execution: execution({ ...anyone, rejections: [{ client: PC, name: 'pc-1', reason: 'policy-forbids' }] }),
      fleet: { members: [member()] },
    }),
    'done:run-created done:targeted done:queued now:all-rejected now:rejected next:ends-at-latest',
    /pc-1 will not do it: policy-forbids/,
  ],
  [
    'waits for nothing any more',
    snapshot(),
    'done:run-created done:targeted done:queued now:about-to-go next:ends-at-latest',
    /Nothing stands in its way/,
  ],
  [
    'waits for its second attempt',
    snapshot({ execution: execution({ attempt: 2, attempts: [earlier], notBefore: NOW + MINUTE }) }),
    'done:run-created done:targeted done:queued done:handed-over done:started done:attempt-ended now:next-attempt next:next-attempt next:ends-at-latest',
    /Attempt 2 begins at/,
  ],
  [
    'is off, and another one is about to take what is for anyone',
    snapshot({
      execution: execution(anyone),
      clientContact: 'none',
      fleet: { members: [member({ online: false }), member({ id: OTHER })] },
    }),
    'done:run-created done:targeted done:queued now:about-to-go now:client-offline next:ends-at-latest',
    /^Nothing stands in its way: it is handed over at the next look\. pc-1 is off or not connected\.$/,
  ],
  [
    'is yet to say what it has, and another one is about to take what is for anyone',
    snapshot({ execution: execution(anyone), clientContact: 'settling', fleet: { members: [member({ id: OTHER })] } }),
    'done:run-created done:targeted done:queued now:about-to-go now:connecting next:ends-at-latest',
    /next look\. pc-1 has connected, and is yet to say what it still has of its work\.$/,
  ],
  [
    'has a closed connection, and another one is about to take what is for anyone',
    snapshot({ execution: execution(anyone), clientContact: 'closed', fleet: { members: [member({ id: OTHER })] } }),
    'done:run-created done:targeted done:queued now:about-to-go now:connecting next:ends-at-latest',
    /next look\. The connection of pc-1 is closed, and its session not over yet\.$/,
  ],
  [
    'is off, and a newer PC of its user is about to take it',
    snapshot({
      execution: execution(alice),
      client: client({ user: 'alice' }),
      clientContact: 'none',
      fleet: { members: [member({ id: OTHER, user: 'alice' })] },
    }),
    'done:run-created done:targeted done:queued now:about-to-go now:client-offline next:ends-at-latest',
    /next look\. pc-1 is off or not connected\.$/,
  ],
  [
    'is shut out, and another one is about to take what is for anyone',
    snapshot({
      execution: execution(anyone),
      client: client({ status: 'revoked' }),
      clientContact: 'none',
      fleet: { members: [member({ id: OTHER })] },
    }),
    'done:run-created done:targeted done:queued now:about-to-go now:revoked next:ends-at-latest',
    /next look\. pc-1 is shut out and gets nothing\.$/,
  ],
  [
    "was refused in passing by a user's PC, which is the one that is named",
    snapshot({
      execution: execution({ ...alice, ...rejected() }),
      client: null,
      fleet: { members: [member({ user: 'alice' })] },
    }),
    'done:run-created done:targeted done:queued now:rejected-for-now next:ends-at-latest',
    /^c1 could not take it a moment ago/,
  ],
  [
    'was refused in passing by very many',
    snapshot({
      execution: execution({
        ...anyone,
        ...rejected(),
        avoided: [1, 2, 3, 4, 5, 6, 7].map((nr) => avoidedBy(`c${nr}` as ClientId, 20_000)),
      }),
      client: null,
      fleet: { members: [member()] },
    }),
    'done:run-created done:targeted done:queued now:rejected-for-now next:ends-at-latest',
    /^c1, c2, c3, c4, c5 and 2 others could not take it a moment ago/,
  ],
  [
    'was refused in passing at its second attempt, for want of the plugin',
    snapshot({ execution: execution({ ...second, ...rejected() }), lacks: 'the disk is full' }),
    'done:run-created done:targeted done:queued done:handed-over done:started done:attempt-ended now:rejected-for-now now:plugin-missing next:ends-at-latest',
    /^c1 could not take it a moment ago, and is asked again at .* pc-1 has not got version 1 of probe yet: the disk is full\.$/,
  ],
  [
    'waits for its second attempt, while a rejection of the first one is not long ago',
    snapshot({
      execution: execution({ ...anyone, ...second, notBefore: NOW + MINUTE, avoided: [avoidedBy(PC, 20_000)] }),
      client: null,
      fleet: { members: [member({ id: OTHER })] },
    }),
    'done:run-created done:targeted done:queued done:handed-over done:started done:attempt-ended now:next-attempt next:next-attempt next:ends-at-latest',
    /^Attempt 2 begins at 2026-11-24T08:01:00.000Z or later\.$/,
  ],

  // Is in a client's hands.
  [
    'has been handed over',
    snapshot({ execution: execution({ ...handed, state: 'assigned' }) }),
    'done:run-created done:targeted done:queued done:handed-over now:not-started-yet next:latest-start next:ends-at-latest',
    /has not said yet that it started/,
  ],
  [
    'has been handed over, and its PC cannot get the plugin',
    snapshot({ execution: execution({ ...handed, state: 'assigned' }), lacks: 'the server answered 502' }),
    'done:run-created done:targeted done:queued done:handed-over now:not-started-yet now:plugin-missing next:latest-start next:ends-at-latest',
    /pc-1 has not got version 1 of probe yet: the server answered 502\.$/,
  ],
  [
    'was refused in passing for want of the plugin',
    snapshot({ execution: execution(rejected()), lacks: 'the disk is full' }),
    'done:run-created done:targeted done:queued now:rejected-for-now now:plugin-missing next:ends-at-latest',
    /asked again at .* pc-1 has not got version 1 of probe yet: the disk is full\.$/,
  ],
  [
    'runs on a PC that has let go of the plugin since',
    snapshot({ execution: execution(running), lacks: 'not fetched yet' }),
    'done:run-created done:targeted done:queued done:handed-over done:started now:running next:ends-at-latest',
    /^It runs on pc-1\.$/,
  ],
  [
    'has been handed over, and was asked to end',
    snapshot({ execution: execution({ ...handed, ...asked, state: 'assigned' }) }),
    'done:run-created done:targeted done:queued done:handed-over done:cancel-asked now:cancelling next:ends-at-latest',
    /^It is being cancelled: pc-1 has it, and has not confirmed yet that nothing of it runs\.$/,
  ],
  [
    'runs, and was asked to end',
    snapshot({ execution: execution({ ...running, ...asked }) }),
    'done:run-created done:targeted done:queued done:handed-over done:started done:cancel-asked now:cancelling next:ends-at-latest',
    /^It is being cancelled: pc-1 had started it, and has not confirmed yet that nothing of it runs\.$/,
  ],
  [
    'is out of contact',
    snapshot({ execution: execution({ ...running, state: 'disconnected', disconnectedAt: NOW - MINUTE }) }),
    'done:run-created done:targeted done:queued done:handed-over done:started now:out-of-contact next:ends-at-latest',
    /out of contact; it may still be running/,
  ],
  [
    'is out of contact under the brake',
    snapshot({ braked: true, execution: execution({ ...running, state: 'disconnected' }) }),
    'done:run-created done:targeted done:queued done:handed-over done:started now:brake next:ends-at-latest',
    /the brake is on/,
  ],
  [
    'is out of contact, and was asked to end',
    snapshot({ execution: execution({ ...away, ...asked }) }),
    'done:run-created done:targeted done:queued done:handed-over done:started done:cancel-asked now:out-of-contact next:ends-at-latest',
    /^It was asked to end, and its client is out of contact; it may still be running there\.$/,
  ],
  [
    'is out of contact under the brake, and was asked to end, which no brake holds back',
    snapshot({ braked: true, execution: execution({ ...away, ...asked }) }),
    'done:run-created done:targeted done:queued done:handed-over done:started done:cancel-asked now:out-of-contact next:ends-at-latest',
    /^It was asked to end, and its client is out of contact; it may still be running there\.$/,
  ],

  // Has ended.
  [
    'succeeded',
    snapshot({ execution: execution(succeeded) }),
    'done:run-created done:targeted done:queued done:handed-over done:started done:ended done:result-stored',
    /It succeeded on pc-1/,
  ],
  [
    'was refused by its client, so that no result came',
    snapshot({ execution: execution(refused) }),
    'done:run-created done:targeted done:queued done:handed-over done:ended',
    /failed \(policy-forbids\)/,
  ],
  [
    'was lost, and its result came late',
    snapshot({
      execution: execution({
        ...succeeded,
        state: 'lost',
        reason: 'hold-ended',
        result: null,
        resultFence: null,
        lateResults: [
          { ...RESULT, attempt: 1, fence: 7, end: 'succeeded', reason: 'finished', client: PC, receivedAt: NOW },
        ],
      }),
    }),
    'done:run-created done:targeted done:queued done:handed-over done:started done:ended done:late-result',
    /^It was lost on pc-1 \(hold-ended\): its client was out of contact until its hold had ended, and nobody knew then how it ended\.$/,
  ],
  [
    'was lost, as its client stopped it for want of contact',
    snapshot({ execution: execution({ ...lost, reason: 'stopped-on-disconnect' }) }),
    'done:run-created done:targeted done:queued done:handed-over done:started done:ended done:result-stored',
    /^It was lost on pc-1 \(stopped-on-disconnect\): its client stopped it, because it had lost the server for too long\.$/,
  ],
  [
    'was waiting when the backup was made that was restored',
    snapshot({ execution: execution({ state: 'lost', reason: 'restored', endedAt: NOW, endsAtLatest: null }) }),
    'done:run-created done:targeted done:queued never:handed-over done:ended',
    /^It was lost \(restored\): the server went back to a backup that was made while it waited\. It is not handed out again, because that may have been done since the backup\.$/,
  ],
  [
    'expired',
    snapshot({ execution: execution({ state: 'expired', reason: 'deadline', endedAt: NOW, endsAtLatest: null }) }),
    'done:run-created done:targeted done:queued never:handed-over done:ended',
    /had not been started by its latest start/,
  ],
  [
    'was skipped at once for overlap',
    snapshot({
      execution: execution({ state: 'skipped', reason: `overlap:${BUSY_ID}`, endedAt: NOW - 10 * MINUTE }),
    }),
    'done:run-created done:targeted never:handed-over done:ended',
    /skipped because of overlap: execution e0 of the same task and slot had not ended/,
  ],
  [
    'was replaced in the queue',
    snapshot({ execution: execution({ state: 'skipped', reason: 'overlap:e9', endedAt: NOW }) }),
    'done:run-created done:targeted done:queued never:handed-over done:ended',
    /newer execution e9/,
  ],
]

describe('why', () => {
  const textOf = (given: WhySnapshot, code: string): string | undefined =>
    explainWhy(given).steps.find((one) => one.code === code && one.state !== 'now')?.text

  it('says that another attempt follows only where one did, or still may', () => {
    const words = (changes: Partial<ExecutionDetail>) =>
      textOf(snapshot({ execution: execution({ ...second, ...changes }) }), 'attempt-ended')
    assert.match(words({}) ?? '', /^Attempt 1 ended: failed \(exception\)\. Another one follows\.$/)
    assert.match(words(running) ?? '', / Another one follows\.$/)
    assert.match(words(succeeded) ?? '', / Another one follows\.$/)
    const never = { ...asked, state: 'cancelled', reason: 'cancelled', endedAt: NOW, endsAtLatest: null } as const
    assert.match(words(never) ?? '', / Another one was to follow\.$/)
    const third = { ...never, attempt: 3, attempts: [earlier, { ...earlier, attempt: 2, proved: false }] }
    const all = explainWhy(snapshot({ execution: execution(third) })).steps.flatMap(({ code, text }) =>
      code === 'attempt-ended' ? [text.replace(/^.*?\. /, '')] : [],
    )
    assert.deepEqual(all, ['Another one follows.', 'Another one was to follow. Nobody had seen its process end.'])
  })

  it('does not promise the next attempt for a time at which nothing may go out', () => {
    const words = (changes: Partial<WhySnapshot>) =>
      textOf(snapshot({ execution: execution({ ...second, notBefore: NOW + MINUTE }), ...changes }), 'next-attempt')
    assert.equal(words({}), 'Attempt 2 may begin from then on.')
    assert.equal(words({ workStopped: true }), 'Attempt 2 may begin from then on, but not while all work is stopped.')
    assert.equal(words({ oldStore: true }), 'Attempt 2 may begin from then on, but not while nothing is handed out.')
  })

  it('says of what a backup left waiting only that the backup tells of no hand-over', () => {
    const restored = { state: 'lost', reason: 'restored', endedAt: NOW, endsAtLatest: null } as const
    const given = snapshot({ execution: execution(restored) })
    assert.equal(textOf(given, 'handed-over'), 'It was not handed to a client, as far as the backup tells.')
  })

  for (const [title, given, codes, summary] of cases) {
    it(`an execution, or a client: ${title}`, () => {
      const why = explainWhy(given)
      assert.equal(codesOf(why), codes)
      assert.match(why.summary, summary)
    })
  }

  it('names the clock of each time: starts and ends that a client told are by its clock', () => {
    const clocks = (given: WhySnapshot) =>
      explainWhy(given).steps.flatMap(({ code, clock }) => (clock === 'client' ? [code] : []))
    assert.deepEqual(clocks(snapshot({ execution: execution(succeeded) })), ['started', 'ended'])
    const alone = { ...succeeded, state: 'timed-out', reason: 'server-limit', result: null, resultFence: null } as const
    assert.deepEqual(clocks(snapshot({ execution: execution(alone) })), ['started'])
    assert.deepEqual(clocks(snapshot({ execution: execution(refused) })), [])
    const again = { attempt: 2, attempts: [earlier], notBefore: NOW + MINUTE }
    assert.deepEqual(clocks(snapshot({ execution: execution(again) })), ['started', 'attempt-ended'])
    const held = { ...succeeded, startedAt: handed.assignedAt, endedAt: handed.assignedAt }
    const told = 'a clock that is behind: both were held to the hand-over, which is by the server'
    assert.deepEqual(clocks(snapshot({ execution: execution(held) })), [], told)
  })

  it('does not say of what is being cancelled that it could be lost or tried again, brake or not', () => {
    const last = (braked: boolean, changes: object) =>
      explainWhy(snapshot({ braked, execution: execution({ ...away, ...changes }) })).steps.at(-1)?.text
    const cancelled = 'It counts as cancelled then, confirmed or not, unless its client has reported.'
    assert.deepEqual([last(false, asked), last(true, asked)], [cancelled, cancelled])
    assert.match(last(false, {}) ?? '', /^It is lost then, or tried again/)
    assert.match(last(true, {}) ?? '', /While the brake is on, not even then/)
  })

  it('names the brake where it holds back a next attempt for anyone', () => {
    const waits = (braked: boolean, changes: Partial<ExecutionDetail>) =>
      explainWhy(
        snapshot({
          braked,
          execution: execution({ attempt: 2, attempts: [earlier], unprovenClient: 'pc-1', ...changes }),
        }),
      ).steps.find(({ code }) => code === 'older-attempt')?.text
    const stops = { ...anyone, onDisconnect: 'stop' } as const
    assert.match(
      waits(false, stops) ?? '',
      /until then, or until its hold has ended, only this client may try it again\.$/,
    )
    assert.match(waits(true, stops) ?? '', /while the brake is on, the end of its hold is not enough\.$/)
    for (const changes of [{ onDisconnect: 'stop' }, anyone] as const) {
      assert.match(waits(true, changes) ?? '', /until then only this client may try it again\.$/)
    }
  })

  it('says by how much the clock of the client is wrong at least, where the times of output prove it', () => {
    const skew = (firstAt: number, lastAt: number, changes: Partial<ExecutionDetail> = succeeded) =>
      explainWhy(snapshot({ execution: execution(changes), output: { firstAt, lastAt } })).clockSkewMs
    const [assigned, ended] = [NOW - 9 * MINUTE, NOW - 7 * MINUTE]
    assert.equal(skew(assigned - 30_000, assigned - 20_000), -30_000, 'printed before it was handed over')
    assert.equal(skew(ended + 40_000, ended + 45_000), 45_000, 'printed after it had ended')
    assert.equal(skew(NOW + 5_000, NOW + 9_000, running), 9_000, 'prints in the future')
    assert.equal(skew(assigned + 1, ended + 500), null, 'within what things take on their way')
    assert.equal(explainWhy(snapshot({ execution: execution(succeeded) })).clockSkewMs, null, 'nothing was printed')
  })

  it('says by how much the clock of a client in session is wrong by its last heartbeat, without any output', () => {
    const skew = (heardAheadMs: number | null, changes: Partial<WhySnapshot> = {}) => {
      const given = snapshot({ execution: execution(running), heardAheadMs, ...changes })
      const { clockSkewMs, clockSkewFrom } = explainWhy(given)
      return [clockSkewMs, clockSkewFrom]
    }
    assert.deepEqual(skew(-90_000), [-90_000, 'heartbeat'])
    assert.deepEqual(skew(90_000), [90_000, 'heartbeat'])
    assert.deepEqual(skew(-90_000, none), [-90_000, 'heartbeat'], 'it has no part in the run')
    assert.deepEqual(skew(-1_999), [null, null], 'within what a heartbeat takes on its way')
    assert.deepEqual(skew(null), [null, null], 'it is in no session')
    const output = { firstAt: handed.assignedAt - 30_000, lastAt: handed.assignedAt }
    assert.deepEqual(
      skew(-90_000, { output }),
      [-30_000, 'output'],
      'proved for this execution, whatever was set since',
    )
    const others = { execution: execution({ ...anyone, ...running, client: 'c2' as ClientId, clientName: 'pc-2' }) }
    assert.deepEqual(skew(-90_000, others), [null, null], 'the times are those of another one')
  })

  it('tells of a task that has had no run when it is due', () => {
    const why = explainWhy(snapshot({ run: null, execution: null, task: task() }))
    assert.equal(codesOf(why), 'done:task-created now:not-due next:next-run')
    assert.match(why.summary, /It waits for its time: 2026-11-24T08:01:00.000Z/)
  })

  it('says that a full disk holds back a run that is due, and names no time in the past as the next', () => {
    const due = { run: null, execution: null, task: task({ nextRunAt: NOW - MINUTE }) }
    const full = explainWhy(snapshot({ ...due, diskFull: true }))
    assert.equal(codesOf(full), 'done:task-created now:disk-full now:due')
    assert.match(full.summary, /^The server's disk is full: .* It has been due since 2026-11-24T07:59:00.000Z\.$/)
    const roomy = explainWhy(snapshot(due))
    assert.equal(codesOf(roomy), 'done:task-created now:no-run now:due')
  })

  it('says of a task that has run what holds back its next run', () => {
    const due = { execution: execution(succeeded), task: task({ nextRunAt: NOW - MINUTE }) }
    assert.doesNotMatch(codesOf(explainWhy(snapshot(due))), /disk-full/)
    const full = explainWhy(snapshot({ ...due, diskFull: true }))
    assert.match(codesOf(full), / done:result-stored now:disk-full$/)
    assert.match(full.summary, /^It succeeded on pc-1\. The server's disk is full/)
    const unwritten = { ...none, run: run({ unwritten: true }), task: task(), diskFull: true }
    assert.equal(codesOf(explainWhy(snapshot(unwritten))), 'done:run-created now:disk-full')
    const stopped = snapshot({ task: task({ nextRunAt: NOW - MINUTE }), workStopped: true })
    assert.equal(codesOf(explainWhy(stopped)).match(/work-stopped/g)?.length, 1)
  })

  it('says which due times were left out, and why, where no run came after them', () => {
    const last = { from: NOW - 9 * MINUTE, to: NOW - 7 * MINUTE, count: 3, reason: 'disk-full' } as const
    const never = explainWhy(snapshot({ run: null, execution: null, task: task({ missed: { count: 3, last } }) }))
    assert.equal(codesOf(never), 'done:task-created now:not-due next:next-run never:left-out')
    const text =
      "3 due times between 2026-11-24T07:51:00.000Z and 2026-11-24T07:53:00.000Z were left out: the server's disk was full."
    assert.equal(never.steps.at(-1)?.text, text)
    assert.ok(never.summary.endsWith(text), never.summary)

    const after = { execution: execution(succeeded), task: task({ missed: { count: 12, last } }) }
    const newer = explainWhy(snapshot(after))
    assert.match(codesOf(newer), / done:result-stored never:left-out$/)
    assert.match(newer.summary, /^It succeeded on pc-1\. 3 due times .* 12 were left out in all\.$/)

    const one = { from: NOW - 20 * MINUTE, to: NOW - 20 * MINUTE, count: 1, reason: 'outage' } as const
    const older = explainWhy(snapshot({ ...after, task: task({ missed: { count: 1, last: one } }) }))
    assert.match(codesOf(older), /^never:left-out done:run-created/)
    assert.equal(older.steps[0]?.text, '1 due time, 2026-11-24T07:40:00.000Z, was left out: no server was up.')
    assert.equal(older.summary, 'It succeeded on pc-1.')
  })

  it('keeps hostile names as they are, as text', () => {
    const name = '<img src=x onerror=alert(1)>\u001b[2J'
    const why = explainWhy(snapshot({ client: client({ name }), clientContact: 'none' }))
    assert.ok(why.summary.includes(name))
  })
})
