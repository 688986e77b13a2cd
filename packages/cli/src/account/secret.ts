import { readGivenFile } from '@octopus/kit/given-file.ts'

import type { Given } from '#command-line/given.ts'
import { UsageError } from '#command-line/usage-error.ts'
import type { World } from '#world.ts'

/** A secret from the file of `--<name>-file` (`-` is standard input), or asked for. Never from the command line, which all processes see. */
export async function readSecret(name: string, question: string, given: Given, world: World): Promise<string> {
  const file = given.text(`${name}-file`)
  if (file === undefined && !world.canAsk) {
    throw new UsageError(
      `Nobody can be asked for the ${name} here. Give a file: --${name}-file FILE, or - for standard input.`,
    )
  }
  const text =
    file === undefined ? await world.ask(question, true) : file === '-' ? await world.readInput() : readGivenFile(file)
  if (text === undefined) throw new UsageError(`There is no file ${file}. Correct --${name}-file.`)
  const secret = text.trim()
  if (secret === '') throw new UsageError(`The ${name} is empty.`)
  return secret
}
