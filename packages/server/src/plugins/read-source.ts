import { refusal } from '@octopus/protocol/errors.ts'
import type { Language } from '@octopus/protocol/work.ts'

import { readPython, type ReadSource } from './read-python.ts'

/** Reads sources, and never runs them. The server's reads in a thread of its own; a source may be made to be slow. */
export interface SourceReader {
  /** Actions, texts and problems. What takes too long to read is a problem too. */
  read(language: Language, source: string): Promise<ReadSource>
}

/** Refuses the languages that cannot be read yet. */
export function refuseUnreadable(language: Language): void {
  if (language === 'python') return
  const reason = `${language} plugins come later; write it in python now.`
  throw refusal('RESERVED_KEY', { key: 'language', reason })
}

/** Reads in the caller's own thread: for tests. */
export const ownThreadReader: SourceReader = {
  read: async (language, source) => {
    refuseUnreadable(language)
    return readPython(source)
  },
}
