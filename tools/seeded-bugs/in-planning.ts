import { type SeededBug, SIM } from './bug.ts'

const PLANNING = 'packages/server/src/planning'
const RESTARTS = 'npm run sim -- --restarts --seeds 1 --first 1'
const STORE = 'npm test -- packages/server/src/store/sqlite/local-store.test.ts'

/** Mistakes in what becomes a run, when, and beside which others. */
export const BUGS_IN_PLANNING: readonly SeededBug[] = [
  {
    name: 'catch-up-makes-one-more',
    breaks: ['S6'],
    file: `${PLANNING}/catch-up.ts`,
    replace: 'occurrences.last(from, until, MADE_UP_FOR[task.catchUp])',
    by: 'occurrences.last(from, until, MADE_UP_FOR[task.catchUp] + 1)',
    caughtBy: RESTARTS,
    says: ['S6:', 'should be one of'],
  },
  {
    name: 'first-after-an-outage-is-passed-over',
    breaks: ['S2', 'S6'],
    file: `${PLANNING}/catch-up.ts`,
    replace: 'dueAgain: occurrences.next(Math.max(from, until) - 1)',
    by: 'dueAgain: occurrences.next(Math.max(from, until))',
    caughtBy: 'npm test -- packages/server/src/planning/plan.test.ts',
    says: ['runs a repeating task at its start and then every interval'],
  },
  {
    name: 'every-third-window-has-no-runs',
    breaks: ['S2'],
    file: `${PLANNING}/planner.ts`,
    replace: 'const tasks = plan({ now, ...unplanned, due })',
    by: `const tasks = plan({ now, ...unplanned, due }).map((one) =>
        Math.floor(now / 4_000) % 3 === 0 && one.nextRunAt !== null ? { ...one, runs: [] } : one)`,
    caughtBy: SIM,
    says: ['S2:'],
  },
  {
    name: 'next-time-is-another-transaction',
    breaks: ['S4'],
    file: `${PLANNING}/planner.ts`,
    replace: '      announce(await store.commitPlan({ now, tasks }))',
    by: `      await store.commitPlan({ now, tasks: tasks.filter(({ nextRunAt }) => nextRunAt !== null).map((one) => ({ ...one, runs: [] })) })
      const moved = tasks.map((one) => ({ ...one, premise: { ...one.premise, nextRunAt: one.nextRunAt ?? one.premise.nextRunAt } }))
      announce(await store.commitPlan({ now, tasks: moved }))`,
    caughtBy: RESTARTS,
    says: ['S2:', 'S6:'],
  },
  {
    name: 'overlap-is-judged-for-the-task',
    breaks: ['S7'],
    file: 'packages/server/src/store/sqlite/verbs/create-run.ts',
    replace: 'where task_id = ? and slot_kind = ? and slot_value = ? and ends_at_latest is not null order by id',
    by: 'where task_id = ? and slot_kind = ? and slot_value >= substr(?, 1, 0) and ends_at_latest is not null order by id',
    caughtBy: RESTARTS,
    says: ['S7 ('],
  },
  {
    name: 'plan-of-an-older-revision-counts',
    breaks: ['S3'],
    file: 'packages/server/src/store/sqlite/verbs/runs.ts',
    replace: 'where id = ? and revision = ? and next_run_at = ?',
    by: 'where id = ? and revision >= ? and next_run_at = ?',
    caughtBy: STORE,
    says: ['makes no run of a task that was edited after it was planned'],
  },
  {
    name: 'slice-loses-one',
    breaks: ['S4', 'O1'],
    file: 'packages/server/src/store/sqlite/verbs/runs.ts',
    replace: 'const rest = left.slice(SLICE_ROWS)',
    by: 'const rest = left.slice(SLICE_ROWS + 1)',
    caughtBy: 'npm test -- packages/server/src/planning/planner.test.ts',
    says: ['writes the audience of a large run in slices, each client once'],
  },
]
