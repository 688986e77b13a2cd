import { writeFileSync } from 'node:fs'

/** The few calls of the system that Node does not offer. Undefined on Windows, where none of them exists. */
export interface Libc {
  /** Linux: whoever is orphaned below this process becomes its child, also after a double fork and setsid. */
  becomeSubreaper(): boolean
  /** Takes note of one child's end, if one has ended: 'none' means that there is no child at all, dead or alive. */
  reapOne(): 'reaped' | 'alive' | 'none'
  /** Linux: a number that whatever is started from now on inherits, wherever it goes (`inheritedMark`). */
  inherit(mark: bigint): void
  makeNamedPipe(path: string): void
  /** From now on the descriptor `to` is what `from` is. */
  redirect(from: number, to: number): void
  /** Ends the whole process, whatever its other threads do. */
  exit(code: number): void
}

const PR_SET_CHILD_SUBREAPER = 36
const RLIMIT_RSS = 5
const WNOHANG = 1

export function openLibc(platform: NodeJS.Platform): Libc | undefined {
  if (platform === 'win32') return undefined
  const { dlopen } = process.getBuiltinModule('node:ffi')
  const { functions: posix } = dlopen(null, {
    waitpid: { arguments: ['int32', 'pointer', 'int32'], return: 'int32' },
    mkfifo: { arguments: ['string', 'uint32'], return: 'int32' },
    dup2: { arguments: ['int32', 'int32'], return: 'int32' },
    _exit: { arguments: ['int32'], return: 'void' },
  })
  const becomeSubreaper = (): boolean => {
    if (platform !== 'linux') return false
    const { functions: linux } = dlopen(null, {
      prctl: { arguments: ['int32', 'uint64', 'uint64', 'uint64', 'uint64'], return: 'int32' },
    })
    return linux.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) === 0
  }
  const inherit = (mark: bigint): void => {
    const { functions: linux } = dlopen(null, {
      setrlimit: { arguments: ['int32', 'pointer'], return: 'int32' },
    })
    // A PC whose owner has set this limit lower refuses it; then the mark in the environment has to do.
    linux.setrlimit(RLIMIT_RSS, new BigUint64Array([mark, mark]))
  }
  return {
    becomeSubreaper,
    inherit,
    reapOne: () => {
      const pid = posix.waitpid(-1, 0n, WNOHANG)
      if (pid > 0) return 'reaped'
      return pid === 0 ? 'alive' : 'none'
    },
    makeNamedPipe: (path) => {
      if (posix.mkfifo(path, 0o600) === 0) return
      // The call does not say why; a file in its place fails alike, and does.
      writeFileSync(path, '', { flag: 'wx' })
      throw new Error(`The named pipe ${path} cannot be made.`)
    },
    redirect: (from, to) => void posix.dup2(from, to),
    exit: (code) => posix._exit(code),
  }
}
