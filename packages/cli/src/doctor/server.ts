import { join, resolve } from 'node:path'

import type { World } from '#world.ts'

import type { Finding } from './finding.ts'
import { exists, lookAtFolder, lookAtLog } from './machine.ts'

/** Where a server that was started here keeps its things unless told otherwise. */
const STANDARD_FOLDER = './octopus-data'

/** The server on this machine; nothing is said where there is none. */
export async function lookAtServer(dataFolder: string | undefined, world: World): Promise<readonly Finding[]> {
  const folder = resolve(world.workFolder, dataFolder ?? STANDARD_FOLDER)
  if (dataFolder === undefined && !(await exists(folder))) return []
  return [
    ...(await lookAtFolder('server', folder, world.platform)),
    await lookAtLog('server', join(folder, 'logs', 'server.log'), world.clock),
  ]
}
