import type { Given } from '#command-line/given.ts'
import type { FlagRow } from '#command-line/rows.ts'

/** What a command of the API is besides its operation; everything else comes from the table of routes. */
export interface CallOptions {
  /** Instead of the route's summary. */
  readonly about?: string
  readonly more?: string
  /** Columns of the table, as paths into an item. */
  readonly columns?: readonly string[]
  /** Asked before it is done; `{id}` is the argument's value. */
  readonly confirm?: string
  /** Said when it is done and the answer is empty. */
  readonly said?: string
  /** Fields of the body that are secrets: read from a file or asked for. */
  readonly secrets?: readonly string[]
  /** Fields that are arguments, in this order, after those of the path. */
  readonly places?: readonly string[]
  /** Fields that the command fills by itself. */
  readonly fixed?: Readonly<Record<string, unknown>>
  /** The whole body may come from a file. */
  readonly file?: true
  /** Fields that are no flags: refused by the server until a later version, or filled by `finish`. */
  readonly hidden?: readonly string[]
  /** Flags that are easier to type than the fields they fill; `finish` puts them into the body. */
  readonly moreFlags?: readonly FlagRow[]
  readonly finish?: (body: Record<string, unknown>, given: Given) => Record<string, unknown>
  /** What flags mean where their name does not say it. */
  readonly flags?: Readonly<Record<string, string>>
}

/** `startAt` → `start-at` */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
