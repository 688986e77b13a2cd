import { type SeededBug, SIM } from './bug.ts'

const VERBS = 'packages/server/src/store/sqlite/verbs'

/** Mistakes in what the server writes down: states, fences, results, counters. */
export const BUGS_IN_THE_STORE: readonly SeededBug[] = [
  {
    name: 'older-fence-wins',
    breaks: ['R4', 'R5'],
    file: 'packages/server/src/results/result.ts',
    replace: `if (addressee.fence !== report.fence) return { judgement: 'late' }`,
    by: `if (addressee.fence === null) return { judgement: 'late' }`,
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
    caughtBy: SIM,
    says: ['R7:'],
  },
  {
    name: 'cancelled-before-its-process-is-gone',
    breaks: ['R7'],
    file: `${VERBS}/endings.ts`,
    replace: `      if (row.state === 'queued') changes.apply(row, { on: 'cancelled', reason: 'cancelled' })
      else if (row.state === 'disconnected') changes.waitNoLonger({ ...row, cancel_requested_at: now })
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
    caughtBy: SIM,
    says: ['R9:', 'O3:'],
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
]
