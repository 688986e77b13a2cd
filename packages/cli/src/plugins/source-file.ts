import { basename, extname } from 'node:path'

import { readGivenFile } from '@octopus/kit/given-file.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { Given } from '#command-line/given.ts'
import { UsageError } from '#command-line/usage-error.ts'
import type { World } from '#world.ts'

const LANGUAGE_OF: Readonly<Record<string, Language>> = {
  '.py': 'python',
  '.ts': 'typescript',
  '.mjs': 'javascript',
  '.js': 'javascript',
  '.sh': 'shell',
  '.ps1': 'powershell',
}

export interface SourceFile {
  /** As the file is called, without its end; undefined for standard input. */
  readonly name: string | undefined
  readonly language: Language
  readonly source: string
}

/** A plugin's source from a file; `-` is standard input. */
export async function readSourceFile(path: string, given: Given, world: World): Promise<SourceFile> {
  const end = extname(path).toLowerCase()
  const language = (given.text('language') as Language | undefined) ?? LANGUAGE_OF[end]
  if (language === undefined) {
    throw new UsageError(
      `${path} does not say its language: it must end in ${Object.keys(LANGUAGE_OF).join(', ')}, or say --language.`,
    )
  }
  const source = path === '-' ? await world.readInput() : readGivenFile(path)
  if (source === undefined) throw new UsageError(`There is no file ${path}.`)
  return { name: path === '-' ? undefined : basename(path, extname(path)), language, source }
}
