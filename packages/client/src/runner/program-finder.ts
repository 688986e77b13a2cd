import type { Log } from '@octopus/kit/log.ts'

import { lackOf } from './lack.ts'
import type { Command } from './spawn.ts'

/** A program that runs plugins of one language. */
export interface Runtime {
  readonly command: Command
  /** For people; perhaps with the program's name. */
  readonly version: string
}

export interface FinderNeeds {
  readonly log: Log
  /** Runs a program to its end, or for some seconds, and answers what it printed. */
  run(command: Command): Promise<string>
}

/** What is looked for, and how it is known. */
export interface Search {
  /** Tried in this order. */
  readonly candidates: readonly Command[]
  /** What each is asked. */
  readonly question: readonly string[]
  /** Undefined: this answer is not that of a program that fits. */
  understand(answer: string, candidate: Command): Runtime | undefined
  /** What was looked for and what to do, for people. */
  readonly missing: string
}

/** Finds a program and remembers it; one that was not found is looked for again, so that installing it needs no restart. */
export interface ProgramFinder {
  /** Rejects when the PC lacks what it takes to look for it: then nobody knows whether it is there. */
  find(): Promise<Runtime | undefined>
  /** Forget it: it could not be started. */
  forget(): void
  readonly missing: string
}

export function createFinder(needs: FinderNeeds, search: Search): ProgramFinder {
  let found: Promise<Runtime | undefined> | undefined
  const look = async (): Promise<Runtime | undefined> => {
    for (const candidate of search.candidates) {
      const runtime = await ask(needs, search, candidate)
      if (runtime !== undefined) return runtime
    }
    return undefined
  }
  return {
    find: async () => {
      found ??= look()
      try {
        const runtime = await found
        if (runtime === undefined) found = undefined
        return runtime
      } catch (error) {
        found = undefined
        throw error
      }
    },
    forget: () => {
      found = undefined
    },
    missing: search.missing,
  }
}

async function ask(needs: FinderNeeds, search: Search, candidate: Command): Promise<Runtime | undefined> {
  try {
    const answer = await needs.run({ ...candidate, args: [...candidate.args, ...search.question] })
    return search.understand(answer, candidate)
  } catch (error) {
    if (lackOf(error) !== undefined) throw error
    needs.log.debug('program-not-usable', { tried: shown(candidate), error: String(error) })
    return undefined
  }
}

export function shown({ file, args }: Command): string {
  return [file, ...args].join(' ')
}
