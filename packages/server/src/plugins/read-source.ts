import type { Language } from '@octopus/protocol/work.ts'

import { readPython, type ReadSource } from './read-python.ts'
import { readScript } from './read-script.ts'
import { readTypeScript } from './read-typescript.ts'

/** Reads sources, and never runs them. The server's reads in a thread of its own; a source may be made to be slow. */
export interface SourceReader {
  /** Actions, texts and problems. What takes too long to read is a problem too. */
  read(language: Language, source: string): Promise<ReadSource>
}

/** Reads a source in its language. */
export function readSource(language: Language, source: string): ReadSource {
  try {
    return readIn(language, source)
  } catch (error) {
    // The stack overflowed: what is nested so deeply was made for it. Everything else is a bug of ours.
    if (!(error instanceof RangeError)) throw error
    return { actions: [], doc: '', problems: [{ line: 1, column: 1, message: 'is nested too deeply to be read' }] }
  }
}

function readIn(language: Language, source: string): ReadSource {
  switch (language) {
    case 'python':
      return readPython(source)
    case 'typescript':
    case 'javascript':
      return readTypeScript(language, source)
    case 'shell':
    case 'powershell':
      return readScript(language, source)
  }
}

/** Reads in the caller's own thread: for tests. */
export const ownThreadReader: SourceReader = {
  read: async (language, source) => readSource(language, source),
}
