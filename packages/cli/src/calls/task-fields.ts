import type { Given } from '#command-line/given.ts'
import type { FlagRow } from '#command-line/rows.ts'
import { UsageError } from '#command-line/usage-error.ts'

/** Flags for a task that are easier to type than its fields. */
export const TASK_FLAGS: readonly FlagRow[] = [
  { name: 'on', kind: 'text', about: 'Who does it: all, anyone, user:NAME' },
  { name: 'every', kind: 'text', about: 'Repeat so often: 30s, 5m, 2h, 1d' },
]

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** `5m` → 300 */
export function secondsOf(text: string, flag: string): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text)
  if (!match)
    throw new UsageError(`--${flag} is "${text.slice(0, 50)}"; it must be a number with s, m, h or d: 30s, 5m, 2h, 1d.`)
  return Number(match[1]) * (UNIT_SECONDS[match[2] || 's'] ?? 1)
}

/** `user:alice` → `{owner: "user", user: "alice"}` */
export function ownerOf(text: string): { readonly owner: string; readonly user?: string } {
  if (text === 'all' || text === 'anyone') return { owner: text }
  const user = /^user:(.+)$/.exec(text)?.[1]
  if (user !== undefined) return { owner: 'user', user }
  throw new UsageError(`--on is "${text.slice(0, 100)}"; it must be all, anyone or user:NAME.`)
}

/** Puts `--on` and `--every` into a new task, and says its type when nobody did. */
export function finishNewTask(body: Record<string, unknown>, given: Given): Record<string, unknown> {
  const task = finishTask(body, given)
  if (task['plugin'] === undefined) throw new UsageError('<plugin> is missing. See octopus help task create.')
  if (task['owner'] === undefined) throw new UsageError('Who shall do it? Say --on all, --on anyone or --on user:NAME.')
  const repeats = task['intervalSeconds'] !== undefined || task['cron'] !== undefined
  return { type: repeats ? 'scheduled' : 'ad-hoc', ...task }
}

/** The same for a change of a task. */
export function finishTask(body: Record<string, unknown>, given: Given): Record<string, unknown> {
  const [on, every] = [given.text('on'), given.text('every')]
  return {
    ...body,
    ...(on !== undefined && ownerOf(on)),
    ...(every !== undefined && { intervalSeconds: secondsOf(every, 'every') }),
  }
}
