import { currentContext, type PluginContext } from './context.ts'
import { fillParameters, type KwargsOf, type ParameterSpecs } from './parameters.ts'

export interface PluginOptions<P extends ParameterSpecs> {
  /** What the action takes, in the order of places; the dashboard's form is made of it. Without it, it takes anything. */
  readonly parameters?: P
  /** Shown in the dashboard, instead of the comment before the action. */
  readonly doc?: string
}

/** What a call gives; everything may be left out, so that an author's own tests can call the action like a function. */
export type Call = Partial<PluginContext>

export type PluginAction<R> = (call?: Call) => Promise<Awaited<R>>

const defined = new WeakSet<object>()

/** True for what `definePlugin` made: it takes a context, not the arguments themselves. */
export function isDefined(action: object): boolean {
  return defined.has(action)
}

/**
 * Makes an action of a function: with its parameters declared, their values come checked, and with their types.
 *
 * `export const run = definePlugin({ parameters: { path: 'string', warnAt: 90 } }, ({ kwargs }) => kwargs.warnAt)`
 */
export function definePlugin<const P extends ParameterSpecs = never, R = unknown>(
  options: PluginOptions<P>,
  action: (context: PluginContext<[P] extends [never] ? Readonly<Record<string, unknown>> : KwargsOf<P>>) => R,
): PluginAction<R> {
  const { parameters } = options
  const run = async (call: Call = {}): Promise<Awaited<R>> => {
    const { args = [], kwargs = {} } = call
    const filled = parameters === undefined ? kwargs : fillParameters(parameters, args, kwargs)
    const surroundings = Object.defineProperties({}, Object.getOwnPropertyDescriptors(currentContext()))
    return await action(Object.assign(surroundings, call, { args, kwargs: filled }) as never)
  }
  defined.add(run)
  return run
}
