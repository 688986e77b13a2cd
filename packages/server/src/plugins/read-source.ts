import { refusal } from '@octopus/protocol/errors.ts'
import type { Language } from '@octopus/protocol/work.ts'

import { readPython, type ReadSource } from './read-python.ts'

/** Reads a source of any language; refuses those that cannot be read yet. */
export function readSource(language: Language, source: string): ReadSource {
  if (language !== 'python') {
    throw refusal('RESERVED_KEY', {
      key: 'language',
      reason: `${language} plugins come later; write it in python now.`,
    })
  }
  return readPython(source)
}
