import type { TestEvent } from 'node:test/reporters'

/** What `run-test-file.ts` needs to know of a test file's run, one JSON line per event. */
export type ReportedEvent =
  /** As it happens. What began and is not done is what a hanging file hangs in. */
  | { readonly on: 'began' | 'done'; readonly name: string }
  /** In the order of the file, like all that follow. */
  | { readonly on: 'start'; readonly name: string; readonly nesting: number }
  | {
      readonly on: 'end'
      readonly name: string
      readonly nesting: number
      readonly suite: boolean
      readonly passed: boolean
      readonly skip: string | undefined
      readonly error: string | undefined
      /** It failed only because something inside it did, which is told by itself. */
      readonly onlyInside: boolean
    }
  /** What a test says with `t.diagnostic()`, and after the plan of the whole file what node:test itself says. */
  | { readonly on: 'diagnostic'; readonly text: string }
  | { readonly on: 'plan' }
  | { readonly on: 'summary' }

/** A reporter of node:test that writes events instead of prose, so that several files' results can be added up. */
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const told = toReported(event)
    if (told !== undefined) yield `${JSON.stringify(told)}\n`
  }
}

function toReported(event: TestEvent): ReportedEvent | undefined {
  switch (event.type) {
    case 'test:dequeue':
      return { on: 'began', name: event.data.name }
    case 'test:complete':
      return { on: 'done', name: event.data.name }
    case 'test:start':
      return { on: 'start', name: event.data.name, nesting: event.data.nesting }
    case 'test:pass':
    case 'test:fail': {
      const { name, nesting, details, skip, todo } = event.data
      return {
        on: 'end',
        name,
        nesting,
        suite: details.type === 'suite',
        passed: event.type === 'test:pass',
        skip: whyLeftOut(skip, 'skipped') ?? whyLeftOut(todo, 'to do'),
        error: 'error' in details ? describe(details.error) : undefined,
        onlyInside:
          'error' in details && 'failureType' in details.error && details.error.failureType === 'subtestsFailed',
      }
    }
    case 'test:diagnostic':
      return { on: 'diagnostic', text: event.data.message }
    case 'test:plan':
      return event.data.nesting === 0 ? { on: 'plan' } : undefined
    case 'test:summary':
      return { on: 'summary' }
    default:
      return undefined
  }
}

function whyLeftOut(mark: string | boolean | undefined, word: string): string | undefined {
  if (mark === undefined || mark === false) return undefined
  return typeof mark === 'string' && mark !== '' ? `${word}: ${mark}` : `${word}, no reason given`
}

/** node:test wraps what was thrown; the reader wants what was thrown. */
function describe(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error
  const lines = (cause.stack ?? cause.message).split('\n')
  return lines.filter((line) => !/^\s+at .*node:internal/.test(line)).join('\n')
}
