import { gzipSync } from 'node:zlib'

import type { Plugin } from 'vite'

/** What a first visit loads, compressed: measured in a real browser, above this the first page is felt to be slow. */
const FIRST_LOAD_KB_MAX = 200

interface Chunk {
  readonly type: 'chunk'
  readonly fileName: string
  readonly code: string
  readonly isEntry: boolean
  readonly imports: readonly string[]
  readonly dynamicImports: readonly string[]
  readonly facadeModuleId: string | null
}

/** Tells how much script a first visit loads, and fails the build above the budget. */
export function scriptBudget(): Plugin {
  return {
    name: 'script-budget',
    apply: 'build',
    writeBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((part) => part.type === 'chunk') as readonly Chunk[]
      const entry = chunks.find((chunk) => chunk.isEntry)
      if (!entry) throw new Error('The build has no entry, so there is nothing to measure.')
      const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]))
      const first = reach(entry, byName)
      const overview = chunks.find((chunk) => chunk.facadeModuleId?.endsWith('overview-page.tsx'))
      if (!overview) throw new Error('The build has no chunk of the overview, which every first visit loads.')
      for (const chunk of reach(overview, byName)) first.add(chunk)
      const kb = sizeKb(first)
      const editor = chunks.find((chunk) => chunk.facadeModuleId?.endsWith('source-editor.tsx'))
      if (!editor || first.has(editor))
        throw new Error('The editor must have a chunk of its own, loaded when it is opened.')
      const message = `first load ${kb.toFixed(1)} KB of script (gzip), budget ${FIRST_LOAD_KB_MAX} KB`
      if (kb > FIRST_LOAD_KB_MAX) throw new Error(`${message}. Load what is not seen first when it is opened.`)
      const later = sizeKb(new Set([...reach(editor, byName)].filter((chunk) => !first.has(chunk))))
      this.info(`${message}; the editor ${later.toFixed(1)} KB, loaded when it is opened`)
    },
  }
}

function reach(from: Chunk, byName: ReadonlyMap<string, Chunk>): Set<Chunk> {
  const seen = new Set([from])
  for (const chunk of seen) {
    for (const name of chunk.imports) {
      const imported = byName.get(name)
      if (imported) seen.add(imported)
    }
  }
  return seen
}

function sizeKb(chunks: ReadonlySet<Chunk>): number {
  return [...chunks].reduce((sum, chunk) => sum + gzipSync(chunk.code).length, 0) / 1_000
}
