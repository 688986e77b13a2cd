/**
 * The plugin of Octopus's own tests in TypeScript, with the knobs of `probe.py`. (It has another name: two files of one
 * name would be one plugin.)
 */

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'

import { definePlugin, type PluginContext } from '@octopus/plugin-sdk'

const parameters = {
  run_for_ms: 0,
  exit_code: { default: null },
  print_bytes: 0,
  ignore_signals: false,
  fail: { default: null },
  value: { default: 'done' },
  ground_truth: { default: null },
} as const

/** Does what the knobs say, in this order: ground truth, output, waiting, ending. */
export const run = definePlugin({ parameters }, async (context): Promise<unknown> => {
  const knobs: Readonly<Record<string, unknown>> = context.kwargs
  record(knobs['ground_truth'], 'start', context)
  if (context.kwargs.ignore_signals) for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {})
  writeBytes(context.kwargs.print_bytes)
  await waitMs(context.kwargs.run_for_ms, context.kwargs.ignore_signals ? undefined : context.signal)
  record(knobs['ground_truth'], 'end', context)
  if (typeof knobs['exit_code'] === 'number') process.exit(knobs['exit_code'])
  if (typeof knobs['fail'] === 'string') throw new Error(knobs['fail'])
  return knobs['value']
})

/** One line for what happened now, on the disk before anything else happens. */
function record(
  path: unknown,
  event: string,
  { execution, attempt, fence }: Pick<PluginContext, 'execution' | 'attempt' | 'fence'>,
): void {
  if (typeof path !== 'string') return
  const line = { event, execution, attempt, fence, pid: process.pid, at: Date.now() }
  const file = openSync(path, 'a', 0o600)
  writeSync(file, `${JSON.stringify(line)}\n`)
  fsyncSync(file)
  closeSync(file)
}

function writeBytes(count: number): void {
  const line = `${'.'.repeat(99)}\n`
  process.stdout.write(line.repeat(Math.floor(count / line.length)))
  const rest = count % line.length
  if (rest > 0) process.stdout.write(`${'.'.repeat(rest - 1)}\n`)
}

function waitMs(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  signal?.addEventListener('abort', () => reject(signal.reason as Error))
  return promise.finally(() => clearTimeout(timer))
}
