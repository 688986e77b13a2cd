import { spawnSync } from 'node:child_process'

/** Breaks calls of a process to the system, so that every try breaks the same one. */
export interface Breaking {
  /** `fsync,fdatasync`, `write`, … */
  readonly calls: string
  /** In the words of strace: `signal=KILL`, `error=ENOSPC`. */
  readonly how: string
  /** In the words of strace: `3` is the third, `3+` all from the third on. Every thread counts for itself. */
  readonly when: string
  /** Only calls on these files. */
  readonly paths?: readonly string[]
  /** Where what was called is written. */
  readonly log?: string
}

export const STRACE = 'strace'

/** What stands before a command, so that calls of it and of its threads break. The process keeps its own id. */
export function strace({ calls, how, when, paths = [], log = '/dev/null' }: Breaking): readonly string[] {
  const files = paths.flatMap((path) => ['-P', path])
  const inject = `inject=${calls}:${how}:when=${when}`
  return [STRACE, '-D', '-f', '-qq', '-o', log, ...files, '-e', `trace=${calls}`, '-e', inject]
}

/** Why no call can be broken on this machine; false where it can. */
export function withoutStrace(): string | false {
  const [program = '', ...args] = strace({ calls: 'fsync', how: 'error=EIO', when: '1' })
  const { error, status } = spawnSync(program, [...args, 'true'], { stdio: 'ignore' })
  if (error) return 'strace is not installed'
  return status === 0 ? false : 'strace may not look into processes here'
}
