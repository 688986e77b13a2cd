import type { SeededBug } from './bug.ts'
import { BUGS_IN_DELIVERY } from './in-delivery.ts'
import { BUGS_IN_PLANNING } from './in-planning.ts'
import { BUGS_IN_THE_CLIENT } from './in-the-client.ts'
import { BUGS_IN_THE_STORE } from './in-the-store.ts'

export const BUGS: readonly SeededBug[] = [
  ...BUGS_IN_PLANNING,
  ...BUGS_IN_THE_STORE,
  ...BUGS_IN_DELIVERY,
  ...BUGS_IN_THE_CLIENT,
]
