import { createProcessTable } from '#runner/tree.ts'

/** What waits for a parent that does not ask for its end is dead all the same. */
export async function isAlive(pid: number): Promise<boolean> {
  return (await createProcessTable(process.platform).list()).some((one) => one.pid === pid && !one.zombie)
}
