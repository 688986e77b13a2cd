import type { NewTask, Task } from './task-queries.ts'

const KEYS = [
  'name',
  'plugin',
  'action',
  'args',
  'kwargs',
  'owner',
  'user',
  'type',
  'startAt',
  'endAt',
  'intervalSeconds',
  'cron',
  'timeZone',
  'timeoutSeconds',
  'deadlineSeconds',
  'onDisconnect',
  'retry',
  'catchUp',
  'overlap',
  'priority',
] as const satisfies readonly (keyof NewTask & keyof Task)[]

/** The task as `POST /tasks` takes it. What a one-off task had as its time is past, and is left out. */
export function definitionOf(task: Task): Partial<NewTask> {
  const onlyScheduled = new Set<string>(['startAt', 'endAt', 'catchUp', 'overlap'])
  const kept = KEYS.filter((key) => task[key] !== null && (task.type === 'scheduled' || !onlyScheduled.has(key)))
  return Object.fromEntries(kept.map((key) => [key, task[key]]))
}

/** The definition as JSON, and the lines that create it from a shell. */
export function commandLines(task: Task, origin: string): readonly { label: string; text: string }[] {
  const definition = definitionOf(task)
  const quoted = quote(JSON.stringify(definition))
  return [
    { label: 'JSON', text: JSON.stringify(definition, undefined, 2) },
    { label: 'octopus', text: `printf '%s' ${quoted} | octopus task create --file -` },
    {
      label: 'curl',
      text: `curl --fail-with-body -H "Authorization: Bearer $OCTOPUS_TOKEN" -H 'Content-Type: application/json' --data ${quoted} ${quote(`${origin}/api/v1/tasks`)}`,
    },
  ]
}

/** For a POSIX shell: nothing inside single quotes means anything but a single quote. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
