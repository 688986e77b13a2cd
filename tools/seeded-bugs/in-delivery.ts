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
    replace: 'braked: () => brake.isOn(), onOutage',
    by: 'braked: () => false, onOutage',
    caughtBy: SIM,
    says: ['D6:'],
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
]
