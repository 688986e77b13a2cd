import { type SeededBug, SIM } from './bug.ts'

const VERBS = 'packages/server/src/store/sqlite/verbs'

/** Mistakes in what the server writes down: states, fences, results, counters. */
export const BUGS_IN_THE_STORE: readonly SeededBug[] = [
  {
    name: 'older-fence-wins',
    breaks: ['R4', 'R5'],
    file: 'packages/server/src/results/result.ts',
    replace: `if (addressee.fence !== report.fence) return { judgement: 'late' }`,
    by: `if (addressee.fence !== report.fence) {
    return { judgement: isFinal(addressee.state) || addressee.fence === null ? 'late' : 'apply' }
  }`,
    caughtBy: SIM,
    says: ['R4:'],
  },
  {
    name: 'late-result-overwrites-the-end',
    breaks: ['R3', 'R4'],
    file: `${VERBS}/results.ts`,
    replace: `      const stored = writeLate(tx, now, client, result)`,
    by: `      const stored = writeLate(tx, now, client, result)
      tx.run('update execution set state = ?, reason = ? where id = ? and ends_at_latest is null', result.end, result.reason, execution)`,
    caughtBy: SIM,
    says: ['R3:'],
  },
  {
    name: 'late-result-is-thrown-away',
    breaks: ['R2', 'R4'],
    file: `${VERBS}/results.ts`,
    replace: `      const stored = writeLate(tx, now, client, result)`,
    by: `      const stored = writeLate(tx, now, client, result)
      tx.run('delete from late_result where execution_id = ? and fence = ?', execution, fence)`,
    caughtBy: SIM,
    says: ['R1/R2:'],
  },
  {
    name: 'retry-counted-twice',
    breaks: ['R9'],
    file: `${VERBS}/changes.ts`,
    replace: 'set attempt = attempt + 1, not_before',
    by: 'set attempt = attempt + 2, not_before',
    caughtBy: SIM,
    says: ['R9:'],
  },
  {
    name: 'never-started-counts-as-a-try',
    breaks: ['R9'],
    file: `${VERBS}/hand-over.ts`,
    replace: `  return changes.apply(row, { on: 'taken-back' })`,
    by: `  return changes.apply(row, { on: 'taken-back' }, { again: { notBefore: 0, proved: true } })`,
    caughtBy: SIM,
    says: ['R9:'],
  },
  {
    name: 'cancel-does-not-bar-the-next-attempt',
    breaks: ['R7'],
    file: 'packages/server/src/executions/retry.ts',
    replace: 'if (ended.cancelRequested || ended.attempt',
    by: 'if (ended.attempt',
    caughtBy: 'npm test -- packages/server/src/executions/policies.test.ts',
    says: ['is barred by a cancel at once'],
  },
  {
    name: 'cancelled-before-its-process-is-gone',
    breaks: ['R7'],
    file: `${VERBS}/endings.ts`,
    replace: `      if (row.state === 'queued') changes.apply(row, { on: 'cancelled', reason: 'cancelled' })
      else if (row.state === 'disconnected')
        changes.waitNoLonger({ ...row, cancel_requested_at: now }, isRevoked(tx, row.client_id))
      if (row.state !== 'queued') requests.push(cancelRequest(row, 'cancelled'))
    }
    return { requests`,
    by: `      changes.apply(row, { on: 'cancelled', reason: 'cancelled' })
      if (row.state !== 'queued') requests.push(cancelRequest(row, 'cancelled'))
    }
    return { requests`,
    caughtBy: SIM,
    says: ['R7:'],
  },
  {
    name: 'one-transition-is-not-counted',
    breaks: ['R11'],
    file: `${VERBS}/changes.ts`,
    replace: `    if (row.state === to) return
    for`,
    by: `    if (row.state === to || to === 'disconnected') return
    for`,
    caughtBy: SIM,
    says: ['R11:'],
  },
  {
    name: 'audience-is-who-was-heard-lately',
    breaks: ['O1'],
    file: `${VERBS}/create-run.ts`,
    replace: `where status = 'approved' and session_id is not null order by id\`)`,
    by: `where status = 'approved' and session_id is not null and last_seen_at > (select max(last_seen_at) from client) - 30000 order by id\`)`,
    caughtBy: SIM,
    says: ['O1:'],
  },
  {
    name: 'fences-are-used-again',
    breaks: ['O2', 'R5'],
    file: `${VERBS}/hand-over.ts`,
    replace: `on conflict (name) do update set value = value + 1 returning value`,
    by: `on conflict (name) do update set value = value % 20 + 1 returning value`,
    caughtBy: SIM,
    says: ['O2:'],
  },
  {
    name: 'any-journal-proves-that-nothing-started',
    breaks: ['D3'],
    file: 'packages/server/src/delivery/reconcile.ts',
    replace: `  for (const row of missing) settlements.push({ execution: row.id, what: proves ? 'never-started' : 'unknown' })`,
    by: `  for (const row of input.handedOut) settlements.push({ execution: row.id, what: proves ? 'never-started' : 'unknown' })`,
    caughtBy: SIM,
    says: ['R11:', 'D1:'],
  },
  {
    name: 'proves-at-its-second-inventory',
    breaks: ['D1', 'D3'],
    file: `${VERBS}/sessions.ts`,
    replace: `some(({ what }) => what === 'unknown') ? null : journalId`,
    by: `some(({ what }) => what === 'unknown') ? journalId : journalId`,
    caughtBy: 'npm test -- packages/server/src/engine.test.ts',
    says: ['waits for what another journal does not know'],
  },
  {
    name: 'inventory-ignored',
    breaks: ['D2', 'D3'],
    file: `${VERBS}/sessions.ts`,
    replace: `      if (what === 'never-started') takeBackOrCancel(changes, row)
      else if (what === 'unknown')`,
    by: `      if (what === 'never-started') changes.apply(row, { on: 'still-held' })
      else if (what === 'unknown')`,
    caughtBy: SIM,
    says: ['D2:'],
  },
  {
    name: 'unproved-end-frees-it-for-others',
    breaks: ['R9'],
    file: `${VERBS}/changes.ts`,
    replace: `      again.proved ? null : row.client_id,
      again.proved ? null : row.fence,`,
    by: `      null,
      null,`,
    caughtBy: 'npm test -- packages/server/src/executions/policies.test.ts',
    says: ['is tried again by the same client only, until that client says that it is gone'],
  },
  {
    name: 'disconnected-is-final',
    breaks: ['D6'],
    file: 'packages/server/src/executions/execution.ts',
    replace: `  running: {
    'tried-again': queuedAgain,
    'contact-lost': disconnected,`,
    by: `  running: {
    'tried-again': queuedAgain,
    'contact-lost': () => ({ state: 'lost', reason: 'out-of-contact' }),`,
    caughtBy: SIM,
    says: ['D6:'],
  },
  {
    name: 'result-dropped-without-started',
    breaks: ['R2'],
    file: 'packages/server/src/executions/execution.ts',
    replace: `    // A short execution is never written as running.
    ended,
`,
    by: '',
    caughtBy: 'npm test -- packages/server/src/engine.test.ts',
    says: ['hands work for anyone to one client, takes its result once, and completes the task'],
  },
  {
    name: 'cancel-does-not-bar-taking-back',
    breaks: ['R7'],
    file: `${VERBS}/hand-over.ts`,
    replace: `  if (row.cancel_requested_at !== null) {
    changes.apply(row, { on: 'cancelled', reason: 'cancelled' })
    return false
  }
  return changes`,
    by: '  return changes',
    caughtBy: 'npm test -- packages/server/src/store/sqlite/local-store.test.ts',
    says: ['queues nothing again that somebody has cancelled, when its client gives it back'],
  },
  {
    name: 'another-clients-result-is-taken',
    breaks: ['R6'],
    file: 'packages/server/src/results/store-result.ts',
    replace: 'proved: fenceProof === prove(fenceText({ ...result, client })),',
    by: 'proved: fenceProof.length === prove(fenceText({ ...result, client })).length,',
    caughtBy: 'npm test -- packages/server/src/results/store-result.test.ts',
    says: ['checks the proof for this very client'],
  },
  {
    name: 'result-counts-twice',
    breaks: ['R5'],
    file: 'packages/server/src/results/result.ts',
    replace: `  if (addressee.applied) return { judgement: 'duplicate' }
`,
    by: '',
    caughtBy: SIM,
    says: ['R1/R2:'],
  },
  {
    name: 'unique-key-of-runs-dropped',
    breaks: ['S1'],
    file: 'packages/server/src/store/sqlite/migrations/0001_start.sql',
    replace: 'unique (task_id, occurrence)',
    by: 'unique (task_id, occurrence, id)',
    caughtBy: 'npm test -- packages/server/src/store/sqlite/unique.test.ts',
    says: ['hold one run for each occurrence of a task'],
  },
  {
    name: 'unique-key-of-slots-dropped',
    breaks: ['O1', 'O2'],
    file: 'packages/server/src/store/sqlite/migrations/0001_start.sql',
    replace: 'unique (run_id, slot_kind, slot_value)',
    by: 'unique (run_id, slot_kind, slot_value, id)',
    caughtBy: 'npm test -- packages/server/src/store/sqlite/unique.test.ts',
    says: ['hold one execution for each slot of a run'],
  },
  {
    name: 'callers-hear-before-the-commit',
    breaks: ['R1', 'U2'],
    file: 'packages/server/src/store/sqlite/core.ts',
    replace: `        answered.push({ call, answer: this.#answer(call) })`,
    by: `        answered.push({ call, answer: this.#answer(call) })
        call.settle(answered.at(-1)?.answer ?? { ok: true, value: undefined })`,
    caughtBy: 'npm test -- packages/server/src/store/sqlite/core.test.ts',
    says: ['each caller hears of it after the commit', 'is refused as a whole when the commit fails'],
  },
  {
    name: 'commits-are-not-synced',
    breaks: ['R1'],
    file: 'packages/server/src/store/sqlite/open.ts',
    replace: `setUp(database, path, 'full')`,
    by: `setUp(database, path, 'normal')`,
    caughtBy: 'npm test -- packages/server/src/store/sqlite/open.test.ts',
    says: ['are written so that a commit survives a power cut'],
  },
  {
    name: 'goes-on-after-a-failed-fsync',
    breaks: ['U2'],
    file: 'packages/server/src/store/sqlite/core.ts',
    replace: '    if (isFatal(cause) && !this.#fatal) {',
    by: '    if (isFatal(cause) && this.#fatal) {',
    caughtBy: 'npm test -- packages/server/src/store/sqlite/core.test.ts',
    says: ['the process must end after an fsync that failed'],
  },
  {
    name: 'handed-out-after-its-deadline',
    breaks: ['O6'],
    file: `${VERBS}/hand-over.ts`,
    replace: `    row.deadline_at > now &&
`,
    by: '',
    caughtBy: 'npm test -- packages/server/src/store/sqlite/local-store.test.ts',
    says: ['hands out nothing at or after its deadline'],
  },
  {
    name: 'handed-to-an-older-session',
    breaks: ['D4'],
    file: `${VERBS}/hand-over.ts`,
    replace: `    row.session_id === placement.session &&
`,
    by: '',
    caughtBy: 'npm test -- packages/server/src/store/sqlite/local-store.test.ts',
    says: ["is not handed to a session that is not the client's newest"],
  },
  {
    name: 'binding-not-looked-at-again',
    breaks: ['O4'],
    file: `${VERBS}/hand-over.ts`,
    replace: `(row.slot_kind === 'user' && row.slot_value === row.user_id)`,
    by: `row.slot_kind === 'user'`,
    caughtBy: 'npm test -- packages/server/src/store/sqlite/local-store.test.ts',
    says: ['hands out nothing when the PC was taken from its user meanwhile'],
  },
  {
    name: 'waits-for-no-turn',
    breaks: ['S7'],
    file: `${VERBS}/hand-over.ts`,
    replace: '`(e.queues = 0 or not (exists (',
    by: '`(e.queues >= 0 or not (exists (',
    caughtBy: SIM,
    says: ['S7:'],
  },
  {
    name: 'same-key-twice-makes-two-runs',
    breaks: ['S9'],
    file: `${VERBS}/once.ts`,
    replace: '  if (Object.hasOwn(steps, verb)) return steps[verb]\n',
    by: '',
    caughtBy: 'npm test -- packages/server/src/store/sqlite/local-store.test.ts',
    says: ['the first outcome is given again, and nothing is changed'],
  },
  {
    name: 'a-cancel-counts-slice-by-slice',
    breaks: ['R7'],
    file: `${VERBS}/hand-over.ts`,
    replace: 'where w.id = e.run_id and w.cancel_requested_at is not null)`',
    by: 'where w.id = e.run_id and w.cancel_requested_at < 0)`',
    caughtBy: 'npm test -- packages/server/src/executions/large-runs.test.ts',
    says: ['hands out nothing more from the moment in which its cancel was stored'],
  },
  {
    name: 'the-brake-lets-next-attempts-go',
    breaks: ['D6', 'R9'],
    file: `${VERBS}/endings.ts`,
    replace: `braked === 'nothing' ? releaseUnproven(tx, changes, steady, limit) : 0`,
    by: 'releaseUnproven(tx, changes, steady, limit)',
    caughtBy: 'npm test -- packages/server/src/delivery/watch-brake.test.ts',
    says: ['hands no next attempt to another client while the one before may still run'],
  },
  {
    name: 'a-newer-run-tells-nobody',
    breaks: ['S7', 'R7'],
    file: `${VERBS}/create-run.ts`,
    replace: `  if (row.state !== 'queued') work.requests.push(cancelRequest(row, 'cancelled'))
`,
    by: '  void cancelRequest\n',
    caughtBy: 'npm test -- packages/server/src/executions/next-in-slot.test.ts',
    says: ['begins when the one that it replaces has been asked to end'],
  },
]
