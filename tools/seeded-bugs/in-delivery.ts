import { type SeededBug, SIM } from './bug.ts'

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
]
