import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Surroundings } from './process.ts'

/** Where groups of processes get limits: version 1 in a hierarchy of its own, or version 2 with this controller. */
const V1 = '/sys/fs/cgroup/memory'
const V2 = '/sys/fs/cgroup'

interface Files {
  readonly root: string
  readonly limit: string
  readonly events: string
}

function found(): Files | undefined {
  if (existsSync(join(V1, 'memory.limit_in_bytes'))) {
    return { root: V1, limit: 'memory.limit_in_bytes', events: 'memory.oom_control' }
  }
  const controllers = join(V2, 'cgroup.subtree_control')
  const hasMemory = existsSync(controllers) && readFileSync(controllers, 'utf8').split(/\s/).includes('memory')
  return hasMemory ? { root: V2, limit: 'memory.max', events: 'memory.events' } : undefined
}

/** Why the memory of a process and all that it starts cannot be limited here; false where it can. */
export function needsMemoryLimits(): string | false {
  if (found() === undefined) return 'this machine has no cgroups with limits of memory'
  try {
    using _tried = new SmallMemory(1_000_000_000)
    return false
  } catch {
    return 'this machine does not let us make a cgroup'
  }
}

/** So much memory for a process and all that it starts; beyond it the system kills the largest of them. */
export class SmallMemory implements Disposable {
  readonly #folder: string
  readonly #files: Files

  constructor(bytes: number) {
    const files = found()
    if (files === undefined) throw new Error('no cgroups')
    this.#files = files
    this.#folder = join(files.root, `octopus-e2e-${process.pid}-${bytes}`)
    mkdirSync(this.#folder)
    writeFileSync(join(this.#folder, files.limit), String(bytes))
  }

  get around(): Surroundings {
    const enter = `echo $$ > ${this.#folder}/cgroup.procs && exec "$@"`
    return { prefix: ['sh', '-c', enter, 'sh'] }
  }

  holds(pid: number): boolean {
    return readFileSync(join(this.#folder, 'cgroup.procs'), 'utf8').split('\n').includes(String(pid))
  }

  /** How many processes the system has killed in it. */
  kills(): number {
    const events = readFileSync(join(this.#folder, this.#files.events), 'utf8')
    return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0)
  }

  /** When nobody is in it any more. */
  [Symbol.dispose](): void {
    rmdirSync(this.#folder)
  }
}
