import type { OperationName } from '@octopus/api-client/request.ts'

import type { World } from '#world.ts'

import type { Given } from './given.ts'

/** A flag: `--name value`, or only `--name` when it is a boolean. */
export interface FlagRow {
  /** As it is written, without the hyphens: `start-at`. */
  readonly name: string
  /** `word`: one of `words`. `list`: may be given several times, or with commas. `json`: a JSON text. */
  readonly kind: 'text' | 'word' | 'integer' | 'number' | 'boolean' | 'list' | 'json'
  readonly words?: readonly string[]
  readonly required?: true
  readonly about: string
}

export interface ArgumentRow {
  readonly name: string
  readonly about: string
  readonly optional?: true
  readonly words?: readonly string[]
}

/** A command's act. Answers the exit code. The table is for those that tell of the others. */
export type Act = (given: Given, world: World, table: readonly CommandRow[]) => Promise<number>

/** One command, as data: parsing, help, completion and docs/cli.md come from it. */
export interface CommandRow {
  /** `task pause` */
  readonly words: string
  /** One sentence, without a full stop. */
  readonly about: string
  /** More to know, for the help of this command: whole sentences. */
  readonly more?: string
  readonly arguments: readonly ArgumentRow[]
  readonly flags: readonly FlagRow[]
  /** Operations of the API that it uses. */
  readonly uses: readonly OperationName[]
  /** Columns of the table that it prints, as paths into an item of the answer. */
  readonly columns?: readonly string[]
  /** It reads its command line by itself: server, client, demo. */
  readonly ownFlags?: true
  /** Loaded when it is called: every start pays for what it loads. */
  readonly load: () => Promise<Act>
}

/** Flags that every command of the API takes. */
export const COMMON_FLAGS: readonly FlagRow[] = [
  { name: 'server', kind: 'text', about: 'Address of the server, for this once' },
  { name: 'json', kind: 'boolean', about: 'Print the answer of the API as it is' },
  { name: 'help', kind: 'boolean', about: 'Say what this command does' },
]
