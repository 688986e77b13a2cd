import { inheritedMark, isOfClient } from './inherited-mark.ts'

/** One process of this PC, as far as we may look at it. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** Tells a process from a later one with the same id. Compared only for equality. */
  readonly startedAt: string
  readonly zombie: boolean
  /** Values of our marks in its environment (on Windows: in its command line), or undefined. */
  readonly client: string | undefined
  readonly runner: string | undefined
  /** Linux: the mark that it inherited and could not drop (`inheritedMark`); read only where the others are missing. */
  readonly inherited?: bigint
}

/** The platform's list of processes, and how to end one. */
export interface ProcessTable {
  list(): Promise<readonly ProcessEntry[]>
  /** SIGKILL, or what the platform has for it, if the id still means the same process. */
  kill(entry: ProcessEntry): Promise<void>
}

/** Whom to end: everything of a runner's group or mark, or everything of a client's mark. */
export interface TreeQuery {
  readonly group?: number
  readonly runner?: string
  readonly client?: string
}

/**
 * Pure: the living processes that belong to the tree, and what descends from them. Never ourselves, our own group or
 * the system's first process, whatever the marks say.
 */
export function membersOf(entries: readonly ProcessEntry[], query: TreeQuery, self: number): readonly ProcessEntry[] {
  const ownGroup = entries.find(({ pid }) => pid === self)?.group
  const { runner, client } = query
  const inherited = runner === undefined ? undefined : inheritedMark(runner)
  const hasInherited = (mark: bigint): boolean =>
    mark === inherited || (client !== undefined && isOfClient(mark, client))
  const isOurs = (entry: ProcessEntry): boolean =>
    (query.group !== undefined && entry.group === query.group) ||
    (runner !== undefined && entry.runner === runner) ||
    (client !== undefined && entry.client === client) ||
    (entry.inherited !== undefined && hasInherited(entry.inherited))
  const mayEnd = (entry: ProcessEntry): boolean => entry.pid > 1 && entry.pid !== self && entry.group !== ownGroup
  const members = new Map(entries.filter((entry) => isOurs(entry) && mayEnd(entry)).map((entry) => [entry.pid, entry]))
  for (let before = -1; before !== members.size;) {
    before = members.size
    for (const entry of entries) if (members.has(entry.parent) && mayEnd(entry)) members.set(entry.pid, entry)
  }
  return [...members.values()].filter(({ zombie }) => !zombie)
}
