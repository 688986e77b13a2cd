import { OPERATION_FIELDS } from '@octopus/api-client/operation-fields.ts'
import type { OperationName } from '@octopus/api-client/request.ts'
import type { OperationField } from '@octopus/api-client/shape.ts'

import type { ArgumentRow, CommandRow, FlagRow } from '#command-line/rows.ts'

import { type CallOptions, kebab } from './options.ts'

/** A command that is one call: its arguments and flags are the operation's parameters and fields. */
export function call(words: string, operation: OperationName, options: CallOptions = {}): CommandRow {
  const shape = OPERATION_FIELDS[operation]
  const fields = [...shape.query, ...(shape.body ?? [])]
  const places = options.places ?? []
  const hidden = new Set([...places, ...(options.hidden ?? []), ...Object.keys(options.fixed ?? {})])
  const shown = fields.filter(({ name }) => !hidden.has(name))
  const nullable = shown.filter((field) => field.nullable)
  return {
    words,
    about: options.about ?? shape.about,
    ...(options.more && { more: options.more }),
    arguments: [
      ...shape.params.map(({ name }): ArgumentRow => ({ name, about: aboutParameter(name, words) })),
      ...places.map((name): ArgumentRow => placeOf(name, fields, options)),
    ],
    flags: [
      ...(options.moreFlags ?? []),
      ...shown.flatMap((field) => flagsOf(field, options)),
      ...(nullable.length > 0 && shape.body
        ? [
            {
              name: 'unset',
              kind: 'list',
              words: nullable.map(({ name }) => kebab(name)),
              about: 'Make empty',
            } as const,
          ]
        : []),
      ...(options.file
        ? [{ name: 'file', kind: 'text', about: 'JSON file with the fields; - is standard input' } as const]
        : []),
      ...(shape.answer === 'page' ? [{ name: 'all', kind: 'boolean', about: 'Read every page' } as const] : []),
      ...(shape.needsRevision
        ? [{ name: 'revision', kind: 'integer', about: 'Change this revision only; otherwise the newest' } as const]
        : []),
      ...(options.confirm ? [{ name: 'yes', kind: 'boolean', about: 'Do not ask' } as const] : []),
    ],
    uses: [operation],
    ...(options.columns && { columns: options.columns }),
    load: async () => (await import('./act.ts')).callAct(operation, options),
  }
}

/** What the fields mean that many operations share. */
const ABOUT: Readonly<Record<string, string>> = {
  limit: 'Items of a page, at most 200',
  cursor: 'Read on from the cursor of an earlier page',
  deleted: 'Those that were deleted and can be restored',
  from: 'From this time on, as 2026-12-01T00:00:00Z',
  to: 'Up to this time',
  startAt: 'First time, as 2026-12-01T08:00:00Z',
  endAt: 'No run from this time on',
  timeZone: 'IANA time zone of the pattern: Europe/Berlin',
  cron: 'Pattern of times: "0 3 * * 1-5"',
  intervalSeconds: 'Repeat so often',
  timeoutSeconds: 'Longest run time of one attempt',
  deadlineSeconds: 'Latest start, counted from the due time',
  retry: 'Further attempts: {"maxAttempts":3,"backoffSeconds":10,"on":["failed"]}',
  onDisconnect: 'What a client does with it when the server is away for long',
  overlap: 'When an earlier run still goes on',
  catchUp: 'Times missed in an outage',
  expiresInSeconds: 'How long it is good',
  args: 'Positional arguments as a JSON list',
  kwargs: 'Named arguments as a JSON object',
}

function flagsOf(field: OperationField, options: CallOptions): readonly FlagRow[] {
  const { name } = field
  const about = options.flags?.[name] ?? ABOUT[name] ?? sentence(name)
  if (options.secrets?.includes(name)) {
    return [
      { name: `${name}-file`, kind: 'text', about: `File with the ${name}; - is standard input` },
      { name: `ask-${name}`, kind: 'boolean', about: `Ask for the ${name}` },
    ]
  }
  const flag: FlagRow = {
    name: kebab(name),
    kind: field.kind,
    about,
    ...(field.words && { words: field.words }),
    // A file may hold it as well.
    ...(field.required && !options.file && { required: true as const }),
  }
  if (name !== 'kwargs') return [flag]
  return [
    { name: 'arg', kind: 'text', about: 'Argument: name=value, or a value alone; may be given several times' },
    flag,
  ]
}

function placeOf(name: string, fields: readonly OperationField[], options: CallOptions): ArgumentRow {
  const field = fields.find((one) => one.name === name)
  if (!field) throw new Error(`there is no field ${name}`)
  return {
    name,
    about: options.flags?.[name] ?? ABOUT[name] ?? sentence(name),
    ...((!field.required || options.file) && { optional: true as const }),
    ...(field.words && { words: field.words }),
  }
}

function aboutParameter(name: string, words: string): string {
  const thing = words.split(' ')[0] ?? ''
  if (name === 'id' && thing === 'client') return 'The id or the name of the client'
  if (name === 'id') return `The ${thing}'s id, as "octopus ${thing} list" shows it`
  return name === 'name' ? `The ${thing}'s name` : sentence(name)
}

const sentence = (name: string): string => {
  const words = kebab(name).replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
