/** Lines of the execution's output, with their level. They are shown in their true order with what is printed. */
export interface Log {
  info(text: string, ...more: readonly unknown[]): void
  warn(text: string, ...more: readonly unknown[]): void
  error(text: string, ...more: readonly unknown[]): void
}

/** What surrounds a call of an action. */
export interface PluginContext<Kwargs = Readonly<Record<string, unknown>>> {
  /** What was given by place, as it was given. */
  readonly args: readonly unknown[]
  /** What was given by name; with `parameters` each of them, given by place, by name, or its default. */
  readonly kwargs: Kwargs
  readonly log: Log
  /** Shows how far the execution is: a fraction from 0 to 1, or null when unknown, and a short text. */
  progress(fraction: number | null, text?: string): void
  /** Aborts when the execution shall end: a cancel, the time limit, the end of the client. 2 s are left to tidy up. */
  readonly signal: AbortSignal
  readonly execution: string
  /** 1, 2, … */
  readonly attempt: number
  /** Only rises. Give it to a system that must not be changed twice: whoever comes with a lower number is out of date. */
  readonly fence: number
}

/** What the runner puts in: where the execution's log and progress go. */
export interface Surroundings {
  readonly context: () => Omit<PluginContext, 'args' | 'kwargs'>
}

let surroundings: Surroundings | undefined

/** For the client's runner: what `definePlugin` finds around it. Without it, as in an author's own tests, there is the console. */
export function surround(by: Surroundings): void {
  surroundings = by
}

export function currentContext(): Omit<PluginContext, 'args' | 'kwargs'> {
  return surroundings?.context() ?? alone
}

const alone: Omit<PluginContext, 'args' | 'kwargs'> = {
  // oxlint-disable-next-line eslint/no-console -- an author's own tests run without a client: their log is the console
  log: { info: console.info, warn: console.warn, error: console.error },
  progress: () => {},
  signal: new AbortController().signal,
  execution: '',
  attempt: 1,
  fence: 0,
}

/** The log of the execution that runs, for code that is handed no context. */
export const log: Log = {
  info: (text, ...more) => currentContext().log.info(text, ...more),
  warn: (text, ...more) => currentContext().log.warn(text, ...more),
  error: (text, ...more) => currentContext().log.error(text, ...more),
}

/** The progress of the execution that runs, for code that is handed no context. */
export function progress(fraction: number | null, text = ''): void {
  currentContext().progress(fraction, text)
}
