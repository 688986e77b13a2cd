/** What we read of an entry of package-lock.json. */
export interface LockEntry {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export type LockEntries = Readonly<Record<string, LockEntry>>

export interface Missing {
  readonly path: string
  readonly entry: LockEntry
}

const PLATFORM =
  /\b(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(gnu|musl))?/

/**
 * Binaries for platforms that the lock file should name and does not.
 *
 * When a registry has no copy of a binary for some other platform, `npm install` shrugs, leaves it out of the lock
 * file, and from then on `npm ci` refuses the lock file as incomplete, on every machine (npm 11.19). An entry without a
 * checksum is enough: the machine it is meant for fetches it, and all others pass it by.
 */
export function missingBinaries(entries: LockEntries): readonly Missing[] {
  return Object.entries(entries).flatMap(([parent, { optionalDependencies = {}, dev }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !(`node_modules/${name}` in entries) && !(`${parent}/node_modules/${name}` in entries))
      .map(([name, version]) => ({
        path: `node_modules/${name}`,
        entry: inOrderOfNpm({ version, ...platformOf(name), ...(dev === true && { dev }), optional: true }),
      })),
  )
}

function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const [, os, cpu, libc] = PLATFORM.exec(name) ?? []
  if (os === undefined || cpu === undefined)
    throw new Error(`${name} does not say its platform: add it to the lock file by hand.`)
  return {
    os: [os],
    cpu: [cpu],
    ...(os === 'linux' && libc !== undefined && { libc: [libc === 'gnu' ? 'glibc' : libc] }),
  }
}

/** So that the next `npm install` changes nothing: the version, then all else by name. */
function inOrderOfNpm({ version, ...rest }: LockEntry): LockEntry {
  const sorted = Object.fromEntries(Object.entries(rest).toSorted(([a], [b]) => a.localeCompare(b, 'en')))
  return { ...(version !== undefined && { version }), ...sorted }
}
