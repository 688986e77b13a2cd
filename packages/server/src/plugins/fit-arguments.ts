import type { Action, Parameter } from '@octopus/protocol/rest/plugins.ts'

/** What a caller gives to an action. */
export interface Arguments {
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
}

/** Why the arguments do not fit the action, as Python would say it when it is called; undefined if they fit. */
export function misfit(action: Pick<Action, 'name' | 'parameters'>, given: Arguments): string | undefined {
  const { parameters } = action
  const positional = parameters.filter(({ kind }) => kind === 'positional')
  const taken = new Set(positional.slice(0, given.args.length).map(({ name }) => name))
  const names = new Set(
    [...positional, ...parameters.filter(({ kind }) => kind === 'named-only')].map(({ name }) => name),
  )
  const takesAnyName = parameters.some(({ kind }) => kind === 'named-rest')
  const call = `${action.name}()`

  for (const name of Object.keys(given.kwargs)) {
    if (taken.has(name)) return `${call} got multiple values for argument '${name}'`
    if (!names.has(name) && !takesAnyName) return `${call} got an unexpected keyword argument '${name}'`
  }
  if (given.args.length > positional.length && !parameters.some(({ kind }) => kind === 'rest')) {
    return tooMany(call, positional, given.args.length)
  }
  const missing = (kind: Parameter['kind']): string[] =>
    parameters
      .filter(
        (one) => one.kind === kind && one.required && !taken.has(one.name) && !Object.hasOwn(given.kwargs, one.name),
      )
      .map(({ name }) => `'${name}'`)
  return (
    lacks(call, missing('positional'), 'positional argument') ??
    lacks(call, missing('named-only'), 'keyword-only argument')
  )
}

function tooMany(call: string, positional: readonly Parameter[], given: number): string {
  const least = positional.filter(({ required }) => required).length
  const most = positional.length
  const range =
    least === most ? `${most} positional argument${plural(most)}` : `from ${least} to ${most} positional arguments`
  return `${call} takes ${range} but ${given} ${given === 1 ? 'was' : 'were'} given`
}

function lacks(call: string, names: readonly string[], what: string): string | undefined {
  if (names.length === 0) return undefined
  const last = names.at(-1) ?? ''
  const comma = names.length > 2 ? ',' : ''
  const list = names.length === 1 ? last : `${names.slice(0, -1).join(', ')}${comma} and ${last}`
  return `${call} missing ${names.length} required ${what}${plural(names.length)}: ${list}`
}

const plural = (count: number): string => (count === 1 ? '' : 's')
