import { call } from '#calls/row.ts'
import type { CommandRow, FlagRow } from '#command-line/rows.ts'

const RUN_COLUMNS = ['id', 'task.name', 'dueAt', 'cause.kind', 'status', 'outcome', 'counts', 'note']
const EXECUTION_COLUMNS = ['id', 'task.name', 'slot.label', 'client.name', 'state', 'reason', 'attempt', 'endedAt']

/** How a run is followed; the same for a new one and for one that is there. */
export const FOLLOW_FLAGS: readonly FlagRow[] = [
  { name: 'quiet', kind: 'boolean', about: 'Wait, but do not show the output' },
  { name: 'wait-seconds', kind: 'integer', about: 'Follow no longer than this (exit code 5); the work goes on' },
  { name: 'cancel-on-interrupt', kind: 'boolean', about: 'Ctrl-C cancels the work, not only the watching' },
]

export const WORK_COMMANDS: readonly CommandRow[] = [
  {
    words: 'run',
    about: 'Run a plugin once, now, and watch it with --follow',
    more: 'A plugin called like another word ("list") is run as: octopus run -- list\nExit codes with --follow: 0 succeeded, 1 not all succeeded, 5 waited too long, 130 Ctrl-C.',
    arguments: [
      { name: 'plugin', about: "The plugin's name" },
      { name: 'action', about: 'One of its actions; "run" unless it is named', optional: true },
    ],
    flags: [
      { name: 'on', kind: 'text', required: true, about: 'Who does it: all, anyone, user:NAME' },
      { name: 'arg', kind: 'text', about: 'Argument: name=value, or a value alone; may be given several times' },
      { name: 'args', kind: 'json', about: 'Positional arguments as a JSON list' },
      { name: 'kwargs', kind: 'json', about: 'Named arguments as a JSON object' },
      { name: 'name', kind: 'text', about: 'Name on the dashboard' },
      { name: 'timeout-seconds', kind: 'integer', about: 'Longest run time of one attempt' },
      { name: 'deadline-seconds', kind: 'integer', about: 'Latest start' },
      { name: 'follow', kind: 'boolean', about: 'Show the output of each client until the end' },
      ...FOLLOW_FLAGS,
    ],
    uses: [
      'createTask',
      'getTask',
      'listTaskRuns',
      'getRun',
      'listExecutions',
      'getExecution',
      'getOutput',
      'events',
      'cancelTask',
    ],
    load: async () => (await import('#follow/run-plugin.ts')).runPlugin,
  },
  call('run list', 'listRuns', { columns: RUN_COLUMNS }),
  call('run show', 'getRun'),
  {
    words: 'run follow',
    about: 'Watch a run until it ends, with the output of each client',
    arguments: [{ name: 'id', about: 'The run\'s id, as "octopus run list" shows it' }],
    flags: FOLLOW_FLAGS,
    uses: ['getRun', 'listExecutions', 'getExecution', 'getOutput', 'events', 'cancelRun'],
    load: async () => (await import('#follow/run-plugin.ts')).followRun,
  },
  call('run cancel', 'cancelRun'),
  call('run retry', 'retryRun'),
  call('run results', 'listRunResults', {
    columns: ['count', 'state', 'sample.client.name', 'sample.preview', 'sample.error.message', 'digest'],
  }),
  {
    words: 'run export',
    about: 'Print every execution of a run with its result',
    arguments: [{ name: 'id', about: 'The run\'s id, as "octopus run list" shows it' }],
    flags: [{ name: 'format', kind: 'word', words: ['csv', 'json'], about: 'CSV unless told otherwise' }],
    uses: ['downloadRunCsv', 'downloadRunJson'],
    load: async () => (await import('#output/export-run.ts')).exportRun,
  },
  call('execution list', 'listExecutions', { columns: EXECUTION_COLUMNS }),
  call('execution show', 'getExecution'),
  {
    words: 'execution output',
    about: 'Print what an execution has printed',
    arguments: [{ name: 'id', about: 'The execution\'s id, as "octopus execution list" shows it' }],
    flags: [
      { name: 'follow', kind: 'boolean', about: 'Go on until it ends' },
      { name: 'raw', kind: 'boolean', about: 'The bytes as they were stored, also on a terminal' },
    ],
    uses: ['getOutput', 'events'],
    load: async () => (await import('#output/print-output.ts')).printOutput,
  },
  call('execution cancel', 'cancelExecution'),
  {
    words: 'why',
    about: 'Say why an execution is where it is, or why a client has not done a task',
    more: 'With --task and --client it speaks of the newest run of the task. Times are the server\'s unless "(client)" stands beside them.',
    arguments: [
      { name: 'execution', about: 'The execution\'s id, as "octopus execution list" shows it', optional: true },
    ],
    flags: [
      { name: 'task', kind: 'text', about: 'The task\'s id, as "octopus task list" shows it' },
      { name: 'client', kind: 'text', about: 'The id or the name of the client' },
    ],
    uses: ['whyExecution', 'whyClient', 'listClients'],
    load: async () => (await import('#output/print-why.ts')).printWhy,
  },
  call('execution retry', 'retryExecution'),
  call('stop-all-work', 'stopAllWork', {
    confirm: 'Cancel everything that runs, and start nothing until "octopus resume-all-work"?',
  }),
  call('resume-all-work', 'resumeAllWork'),
  call('brake', 'getBrake'),
  call('brake release', 'releaseBrake'),
  call('stats', 'getStats'),
  call('stats runs', 'getRunStats', {
    columns: ['at', 'active', 'succeeded', 'partly-failed', 'failed', 'cancelled', 'expired', 'skipped'],
  }),
  call('search', 'search', {
    places: ['q'],
    columns: ['kind', 'name', 'detail', 'id'],
    flags: { q: 'Part of a name, or an id' },
  }),
  {
    words: 'events',
    about: 'Print what has news, one line of JSON each, until Ctrl-C',
    arguments: [
      { name: 'topics', about: 'With commas: clients, plugins, tasks, runs, executions, stats, task:ID, run:ID, …' },
    ],
    flags: [],
    uses: ['events'],
    load: async () => (await import('#output/print-events.ts')).printEvents,
  },
]
