import { call } from '#calls/row.ts'
import { finishNewTask, finishTask, TASK_FLAGS } from '#calls/task-fields.ts'
import type { CommandRow } from '#command-line/rows.ts'

/** Refused by the server until a later version. */
const RESERVED = ['where', 'reach', 'after', 'items']
const ARGUMENTS =
  'Arguments: --arg /tmp is positional, --arg warnAt=90 is named; what is JSON counts as JSON, so --arg code=\'"007"\' is a text.'

export const TASK_COMMANDS: readonly CommandRow[] = [
  call('task list', 'listTasks', {
    columns: ['id', 'name', 'plugin', 'owner', 'user', 'status', 'outcome', 'paused', 'nextRunAt', 'counts'],
  }),
  call('task show', 'getTask'),
  call('task create', 'createTask', {
    about: 'Create a task',
    more: `${ARGUMENTS}\nThe type is scheduled with --every, --interval-seconds or --cron, else ad-hoc. "octopus task export" writes files for --file.`,
    places: ['plugin', 'action'],
    file: true,
    hidden: [...RESERVED, 'owner', 'user'],
    moreFlags: TASK_FLAGS,
    finish: finishNewTask,
    flags: {
      name: 'Name on the dashboard; otherwise one is made',
      type: 'Once or repeated; otherwise told by the schedule',
    },
  }),
  call('task edit', 'changeTask', {
    about: 'Change a task; runs that exist keep what they were created with',
    more: ARGUMENTS,
    file: true,
    hidden: [...RESERVED, 'owner'],
    moreFlags: TASK_FLAGS,
    finish: finishTask,
  }),
  call('task pause', 'pauseTask'),
  call('task resume', 'resumeTask'),
  call('task run', 'runTask', { about: 'Run a task now', more: ARGUMENTS }),
  call('task runs', 'listTaskRuns', { columns: ['id', 'dueAt', 'cause.kind', 'status', 'outcome', 'counts', 'note'] }),
  call('task end', 'endTask'),
  call('task cancel', 'cancelTask'),
  call('task delete', 'deleteTask', {
    confirm: 'Delete task {id}?',
    said: 'Deleted. "octopus task restore" brings it back, for 30 days.',
  }),
  call('task restore', 'restoreTask'),
  {
    words: 'task export',
    about: 'Print a task as JSON that "octopus task create --file" takes',
    arguments: [{ name: 'id', about: 'The task\'s id, as "octopus task list" shows it' }],
    flags: [],
    uses: ['getTask'],
    load: async () => (await import('#calls/export-task.ts')).exportTask,
  },
  call('schedule preview', 'previewSchedule', {
    moreFlags: TASK_FLAGS.filter(({ name }) => name === 'every'),
    finish: finishTask,
    flags: { count: 'How many times', after: 'Times after this one' },
  }),
  call('reach', 'getReach'),
]
