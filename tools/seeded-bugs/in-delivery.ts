import { OUT_OF_CONTACT, type SeededBug, SIM } from './bug.ts'

const DELIVERY = 'packages/server/src/delivery'

/** Mistakes in the talk with clients: sessions, holds, the brake, acknowledgements. */
export const BUGS_IN_DELIVERY: readonly SeededBug[] = [
  {
    name: 'acknowledged-before-the-commit',
    breaks: ['R1'],
    file: `${DELIVERY}/inbox.ts`,
    replace: `    const results = await this.#needs.storeResult(session, message)`,
    by: `    const early = message.results.map(({ execution, attempt, fence }) => ({ execution, attempt, fence }))
    const applied = early.map((key) => ({ ...key, disposition: 'applied', code: 'applied' }) as const)
    session.send({ type: 'acknowledge', results: applied, output: [] })
    const results = await this.#needs.storeResult(session, message)`,
    caughtBy: SIM,
    says: ['R1/R2:'],
  },
  {
    name: 'no-brake',
    breaks: ['D6'],
    file: 'packages/server/src/engine.ts',
    replace: 'braked: () => brake.braked(), onOutage',
    by: "braked: () => 'nothing', onOutage",
    caughtBy: SIM,
    says: ['D6:'],
  },
  {
    name: 'no-patience-after-a-pause-with-what-is-in-contact',
    breaks: ['D6'],
    file: `${DELIVERY}/watch-brake.ts`,
    replace: `if (this.#unheard || this.#on?.wasAway) return 'handed-out'`,
    by: `if (this.#unheard) return 'handed-out'`,
    caughtBy: 'npm test -- packages/server/src/delivery/watch-brake.test.ts',
    says: ['for longer than presence concludes nothing from it'],
  },
  {
    name: 'handed-over-before-the-hold-ended',
    breaks: ['O3'],
    file: `${DELIVERY}/timing.ts`,
    replace: 'return Math.ceil(1.02 * holdMs) + 5_000',
    by: 'return Math.ceil(0.5 * holdMs)',
    caughtBy: OUT_OF_CONTACT,
    says: ['O3:', 'R9:'],
  },
  {
    name: 'silence-counts-twice',
    breaks: ['O3'],
    file: `${DELIVERY}/sessions.ts`,
    replace: 'Math.round(steady() - silentMs) + holdEndsAfter(holdMs)',
    by: 'Math.round(steady() - 2 * silentMs) + holdEndsAfter(holdMs)',
    caughtBy: OUT_OF_CONTACT,
    says: ['O3:', 'R9:'],
  },
  {
    name: 'brake-never-goes-on',
    breaks: ['D6'],
    file: `${DELIVERY}/brake.ts`,
    replace: 'return vanished >= VANISHED_MIN && vanished',
    by: 'return vanished > 1_000 * VANISHED_MIN && vanished',
    caughtBy: 'npm test -- packages/server/src/delivery/watch-brake.test.ts',
    says: ['holds everything that is out of contact when a third of all clients vanishes'],
  },
  {
    name: 'restart-does-not-renew-holds',
    breaks: ['D8'],
    file: 'packages/server/src/engine.ts',
    replace: '    endsNotBefore: steady() +',
    by: '    endsNotBefore: 0 * steady() +',
    caughtBy: 'npm test -- packages/server/src/engine.test.ts',
    says: ['takes a short task that ended while the server was away for what it was'],
  },
  {
    name: 'restart-forgets-those-out-of-contact',
    breaks: ['D6'],
    file: 'packages/server/src/engine.ts',
    replace: '[...new Set([...left.map(({ client }) => client), ...atWork])]',
    by: 'left.map(({ client }) => client)',
    caughtBy: 'npm test -- packages/server/src/delivery/watch-brake.test.ts',
    says: ['waits after a restart for those too whose sessions had ended before'],
  },
  {
    name: 'restart-forgets-the-hold-that-was-told',
    breaks: ['O3'],
    file: 'packages/server/src/store/sqlite/verbs/sessions.ts',
    replace: 'hold_ms = ? where',
    by: 'hold_ms = 0 * ? where',
    caughtBy: 'npm test -- packages/server/src/delivery/told-hold.test.ts',
    says: ['work waits as long as its client was told before'],
  },
  {
    name: 'cancel-during-the-inventory-is-dropped',
    breaks: ['R7'],
    file: 'packages/server/src/engine.ts',
    replace: 'else session?.cancels.push(...all)',
    by: 'else session?.cancels.push(...all.slice(0, 0))',
    caughtBy: 'npm test -- packages/server/src/delivery/session-life.test.ts',
    says: ['reaches the client after it was told to go on'],
  },
  {
    name: 'stale-placement-is-dropped',
    breaks: ['L4'],
    file: `${DELIVERY}/hand-over.ts`,
    replace: 'this.lookLater(outcome.client, clock.wall() + STALE_PAUSE_MS)',
    by: 'void (clock.wall() + STALE_PAUSE_MS)',
    caughtBy: 'npm test -- packages/server/src/delivery/hand-over.test.ts',
    says: ['goes to another client when the chosen one was told to drain just before'],
  },
]
