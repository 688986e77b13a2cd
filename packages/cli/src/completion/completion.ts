import type { Act } from '#command-line/rows.ts'
import { EXIT } from '#exit-codes.ts'

import { completionScript, type Shell } from './scripts.ts'

/** `octopus completion <shell>` */
export const completion: Act = async (given, world, table) => {
  world.out.write(completionScript(given.needed('shell') as Shell, table))
  return EXIT.done
}
