import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { describe, it } from 'node:test'

import {
  ADAPTERS,
  COMPOSERS,
  IN_THE_BROWSER,
  LAYERED,
  MAY_IMPORT,
  NOUNS,
  OWN_CLOCK,
  OWN_CLOCK_FILES,
  PARTS,
  PORTS,
  type Adapter,
} from './layers.ts'
import { ROOT } from './root.ts'
import { isCode, placeOf, readSourceFile, specifierFor, type Import, type SourceFile } from './source-file.ts'

/**
 * The scan must find at least this many files, or it would pass while it looks at nothing. When the code has grown,
 * raise it to about nine tenths of what `npm test -- tools/architecture.test.ts` then finds; when many files were
 * deleted on purpose, lower it.
 */
const FILES_AT_LEAST = 450

const paths = globSync('{packages/*/src,sim,e2e,bench,tools}/**/*.{ts,tsx}', { cwd: ROOT })
const files = paths
  .map((path) => readSourceFile(ROOT, path.replaceAll('\\', '/')))
  .filter(({ path }) => !path.endsWith('.d.ts'))

/** Tests and contract suites put things together by themselves. */
const isTest = ({ path }: SourceFile): boolean => /\.(?:test|contract)\.tsx?$/.test(path) || path.includes('/testing/')
const inPlaces = ({ path }: SourceFile, places: readonly string[]): boolean => places.includes(placeOf(path))
const isNode = ({ specifier }: Import): boolean => specifier.startsWith('node:')

/** Every violation on its own line, then what to do about it. */
function noneOf(violations: readonly string[], remedy: string): void {
  assert.ok(violations.length === 0, `\n${violations.map((one) => `  ${one}`).join('\n')}\n${remedy}`)
}

function importsThat(
  breakIt: (file: SourceFile, what: Import) => boolean,
  among: readonly SourceFile[] = files,
): string[] {
  return among.flatMap((file) =>
    file.imports
      .filter((what) => breakIt(file, what))
      .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}`),
  )
}

describe('the scan', () => {
  it('sees the code', () => {
    assert.ok(
      files.length >= FILES_AT_LEAST,
      `Found ${files.length} files, expected at least ${FILES_AT_LEAST}. If files were deleted on purpose, lower FILES_AT_LEAST in tools/architecture.test.ts; if not, the scan's pattern no longer fits the folders.`,
    )
  })

  it('sees how they hang together', () => {
    const links = files.flatMap(({ imports }) => imports.filter(({ target }) => target !== undefined))
    assert.ok(
      links.length >= FILES_AT_LEAST,
      `Found only ${links.length} imports between our own files: tools/source-file.ts no longer understands them.`,
    )
  })
})

describe('between the packages', () => {
  it('every place has its row in the table', () => {
    const unknown = files.map(({ path }) => placeOf(path)).filter((place) => !(place in MAY_IMPORT))
    noneOf([...new Set(unknown)], 'Give it a row in MAY_IMPORT in tools/layers.ts, with as little in it as it needs.')
  })

  it('imports point down the table, type-only imports too', () => {
    const violations = importsThat((file, { target }) => {
      if (target === undefined) return false
      const [from, to] = [placeOf(file.path), placeOf(target)]
      return from !== to && MAY_IMPORT[from]?.includes(to) !== true
    })
    const remedy =
      'Move what is shared down (wire shapes to packages/protocol, tools without knowledge of Octopus to packages/kit), or hand it in as an argument. The table is MAY_IMPORT in tools/layers.ts.'
    noneOf(violations, remedy)
  })

  it('what also runs in a browser imports nothing of node', () => {
    const among = files.filter((file) => inPlaces(file, IN_THE_BROWSER) && !isTest(file))
    const remedy = 'Use what browsers have too (Uint8Array, crypto.subtle, URL), or do it in the server.'
    noneOf(
      importsThat((_file, what) => isNode(what), among),
      remedy,
    )
  })

  it('parts that shall stay exchangeable are known in few places', () => {
    const violations = importsThat((file, { specifier }) => {
      const part = Object.entries(PARTS).find(([name]) => specifier === name || specifier.startsWith(`${name}/`))
      return part !== undefined && !part[1].test(file.path) && !isTest(file)
    })
    noneOf(
      violations,
      'Import a schema from packages/protocol, or use the port of the store. The table is PARTS in tools/layers.ts.',
    )
  })
})

describe('how an import is written', () => {
  it('"./" within a folder, "#folder/" across folders, the name of the package across packages, "../" never', () => {
    const violations = importsThat(({ path }, { specifier, target }) => {
      if (target === undefined || !isCode(target) || !path.startsWith('packages/')) return specifier.startsWith('../')
      return specifier !== specifierFor(path, target)
    })
    noneOf(
      violations,
      '`npm run format` writes them as they should be; outside packages/, lay the file so that "./" reaches it.',
    )
  })
})

describe('inside server and client', () => {
  const layered = files.filter((file) => inPlaces(file, LAYERED) && !isTest(file))
  const adapterOf = (path: string): Adapter | undefined => ADAPTERS.find((adapter) => adapter.files.test(path))

  it('only compose.ts and main.ts know the adapters', () => {
    const violations = importsThat((file, { target }) => {
      const adapter = target === undefined ? undefined : adapterOf(target)
      if (adapter === undefined || COMPOSERS.test(file.path)) return false
      const importer = adapterOf(file.path)
      return (
        importer !== adapter && (importer === undefined || adapter.servesAdapters?.includes(importer.name) !== true)
      )
    }, layered)
    const remedy =
      'Say in the file what it needs as an interface, take that as an argument, and hand the adapter in from compose.ts. A type that both need belongs to the port beside its noun. The table is ADAPTERS in tools/layers.ts.'
    noneOf(violations, remedy)
  })

  it('nothing imports main.ts or compose.ts from below', () => {
    const violations = importsThat(
      (file, { target }) => target !== undefined && COMPOSERS.test(target) && !COMPOSERS.test(file.path),
      layered,
    )
    noneOf(violations, 'Move what is needed out of compose.ts into a file of its own, below.')
  })

  it('nouns and ports touch nothing of node', () => {
    const among = files.filter(({ path }) => NOUNS.includes(path) || PORTS.test(path))
    const remedy = 'A noun decides and touches nothing: take the value as an argument, or move the act into a flow.'
    noneOf(
      importsThat((_file, what) => isNode(what), among),
      remedy,
    )
  })

  it('the server is seen to have nouns', () => {
    const serverFiles = layered.filter(({ path }) => placeOf(path) === 'packages/server')
    const nouns = serverFiles.filter(({ path }) => NOUNS.includes(path))
    assert.ok(
      serverFiles.length < 20 || nouns.length >= 5,
      `Of the server's ${serverFiles.length} files only ${nouns.length} are known as nouns: bring NOUNS in tools/layers.ts up to date.`,
    )
  })
})

describe('no file imports itself by way of others', () => {
  it('not even for types', () => {
    const targets = new Map(files.map((file) => [file.path, file.imports.flatMap(({ target }) => target ?? [])]))
    const remedy = 'Move what both need into a third file below them, or hand one in to the other as an argument.'
    noneOf(
      findCycles(targets).map((cycle) => cycle.join(' → ')),
      remedy,
    )
  })
})

describe('time and chance come in as arguments', () => {
  const strict = files.filter((file) => !inPlaces(file, OWN_CLOCK) && !isTest(file))

  it('nobody reads a clock, throws dice or starts a timer by himself', () => {
    const violations = strict
      .filter(({ path }) => !(path in OWN_CLOCK_FILES))
      .flatMap(({ path, clockUses }) => clockUses.map(({ what, line }) => `${path}:${line} uses ${what}`))
    const remedy =
      'Take a Clock (wall, monotonic, after, until), a Random or an IdMaker of @octopus/kit as an argument; turn times into text with Temporal.Instant.fromEpochMilliseconds. A file that cannot is listed with its reason in OWN_CLOCK_FILES in tools/layers.ts.'
    noneOf(violations, remedy)
  })

  it('every exception is still needed', () => {
    const idle = strict.filter(({ path, clockUses }) => path in OWN_CLOCK_FILES && clockUses.length === 0)
    noneOf(
      idle.map(({ path }) => path),
      'It no longer needs its exception: take it out of OWN_CLOCK_FILES in tools/layers.ts.',
    )
  })

  it('the kit is seen to use them, so the search works', () => {
    const found = new Set(
      files
        .filter((file) => inPlaces(file, ['packages/kit']))
        .flatMap((file) => file.clockUses.map(({ what }) => what)),
    )
    assert.ok(
      found.has('Date.now') && found.has('setTimeout'),
      'The kit wraps Date.now and setTimeout, but the search did not find them: look at tools/source-file.ts.',
    )
  })
})

/** One cycle for each way back that a walk in depth meets: enough to find and mend them one after the other. */
function findCycles(targets: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = []
  const finished = new Set<string>()
  const trail: string[] = []
  const walk = (path: string): void => {
    const seenAt = trail.indexOf(path)
    if (seenAt >= 0) cycles.push([...trail.slice(seenAt), path])
    if (seenAt >= 0 || finished.has(path)) return
    trail.push(path)
    for (const next of targets.get(path) ?? []) walk(next)
    trail.pop()
    finished.add(path)
  }
  for (const path of targets.keys()) walk(path)
  return cycles
}
