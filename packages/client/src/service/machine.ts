import type { Ms } from '@octopus/kit/clock.ts'

import type { BootFacts } from './choose-manager.ts'
import type { Scope, Whereabouts } from './installation.ts'

export interface CommandEnd {
  readonly code: number
  /** Standard output, then standard error. */
  readonly output: string
}

export interface Account {
  readonly uid: number
  readonly gid: number
}

export interface NewFile {
  readonly path: string
  readonly text: string
  readonly mode: number
  readonly encoding?: 'utf16le'
  readonly owner?: Account | undefined
}

/** A machine, as far as installing a client needs it. Paths have `/` between folders on every system. */
export interface Machine extends Whereabouts {
  /** The number of the account that installs; 0 is root. */
  readonly uid: number
  /** Its name, on Windows with the domain. */
  readonly userId: string
  /** This process and those that started it: an uninstall must not end itself. */
  readonly ownPids: readonly number[]

  /** Runs a program to its end; -1 when there is no such program. */
  run(command: readonly string[], options?: { readonly input?: string; readonly as?: Account }): Promise<CommandEnd>
  /** Starts a program that outlives this one, with no terminal and none of its files. */
  startDetached(command: readonly string[], as: Account | undefined): void
  bootFacts(scope: BootFacts['scope']): Promise<BootFacts>
  account(name: string): Promise<Account | undefined>

  readText(path: string): string | undefined
  /** In one step, with its mode from the beginning. */
  writeText(file: NewFile): void
  /** Makes the folder for `owner` alone. Throws when there is something else, or somebody else's. */
  makeOwnFolder(path: string, scope: Scope, owner: Account | undefined): Promise<void>
  /** Files and folders, with all that is in them. What is not there is no problem. */
  remove(path: string): void
  /**
   * Once this process has ended, removes the program that is marked in the folder of an installation, the record, and
   * the folder if nothing is left in it: Windows lets nobody delete a program that runs.
   */
  removeProgramAfterwards(folder: string): void
  /** Removes a folder if there is nothing in it. */
  removeIfEmpty(path: string): void
  exists(path: string): boolean

  /** Clients and supervisors that run on this state folder, whoever started them. */
  processesOn(stateFolder: string): Promise<readonly number[]>
  /** False when it may not. */
  signal(pid: number, signal: 'SIGTERM' | 'SIGKILL'): boolean
  wait(ms: Ms): Promise<void>

  say(line: string): void
  /** Asks the person at the terminal; undefined when there is none. */
  ask(question: string): Promise<string | undefined>
}
