/** A bug in Octopus: something that cannot happen has happened. Never used for what users, clients or disks can cause. */
export class Bug extends Error {
  override name = 'Bug'
}

/** Throws a `Bug` unless the fact holds. */
export function must(fact: unknown, message: string): asserts fact {
  if (!fact) throw new Bug(message)
}

/** The value, or a `Bug` naming what is missing. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Bug(`${what} is missing`)
  return value
}

/** For the `default` of a `switch` over a closed set: the compiler proves it is never reached. */
export function unreachable(value: never): never {
  throw new Bug(`unexpected ${JSON.stringify(value)}`)
}
