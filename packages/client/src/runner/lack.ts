import { constants } from 'node:os'

/** What a PC may lack for a while: room on its disk, file descriptors, processes, memory. */
const LACKS = ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'] as const

/** As Node and as Python tell it. */
const TOLD = new RegExp(LACKS.map((code) => `\\b${code}\\b|\\[Errno ${constants.errno[code]}\\]`).join('|'))
/** What is told of it fits into a message. */
const CHARACTERS_MAX = 500

/** Pure: what the PC lacked, as the error tells it; undefined for an error of another kind. */
export function lackOf(error: unknown): string | undefined {
  return error instanceof Error ? lackIn(`${(error as NodeJS.ErrnoException).code}: ${error.message}`) : undefined
}

/** Pure: the same from the last words of an interpreter that did not come to its start. */
export function lackIn(words: string): string | undefined {
  const line = words.split('\n').find((each) => TOLD.test(each))
  return line?.trim().slice(0, CHARACTERS_MAX).toWellFormed()
}
