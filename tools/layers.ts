// What may import what. tools/architecture.test.ts holds the code to it; why it is so: docs/tour.md and CONTRIBUTING.md.

/** Places and the places they may import from. A new package needs a row here before it can be used. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'packages/protocol': [],
  'packages/kit': [],
  'packages/plugin-sdk': ['packages/protocol'],
  'packages/api-client': ['packages/protocol', 'packages/kit'],
  'packages/server': ['packages/protocol', 'packages/kit'],
  'packages/client': ['packages/plugin-sdk', 'packages/protocol', 'packages/kit'],
  'packages/web': ['packages/api-client', 'packages/protocol'],
  'packages/cli': ['packages/api-client', ...everythingThatRuns()],
  sim: everythingThatRuns(),
  e2e: everythingThatRuns(),
  bench: everythingThatRuns(),
  // It writes docs/cli.md from the table of commands.
  tools: ['packages/cli', ...everythingThatRuns()],
}

function everythingThatRuns(): readonly string[] {
  return ['packages/server', 'packages/client', 'packages/plugin-sdk', 'packages/protocol', 'packages/kit']
}

/** Places that also run in a browser: nothing of node may be imported there. */
export const IN_THE_BROWSER: readonly string[] = ['packages/protocol', 'packages/api-client', 'packages/web']

/** Places whose inside is layered: main → compose → adapters → flows → nouns. */
export const LAYERED: readonly string[] = ['packages/server', 'packages/client']

/** The only files that put adapters in. */
export const COMPOSERS = /^packages\/(?:server|client)\/src\/(?:main|backup-main|compose)\.ts$/

/** Adapters touch the world outside. They are known to the composers only, and never to each other, except as said. */
export const ADAPTERS: readonly Adapter[] = [
  {
    name: 'SQL for both databases',
    files: /^packages\/server\/src\/store\/sql\//,
    servesAdapters: ['SQLite', 'PostgreSQL'],
  },
  { name: 'SQLite', files: /^packages\/server\/src\/store\/sqlite\// },
  { name: 'PostgreSQL', files: /^packages\/server\/src\/store\/postgres\// },
  // Routes are written with the plumbing of HTTP; the plumbing knows no route.
  { name: 'HTTP', files: /^packages\/server\/src\/http\//, servesAdapters: ['routes'] },
  { name: 'sockets', files: /^packages\/server\/src\/socket\// },
  { name: 'routes', files: /\.routes\.ts$/ },
  // The whole folder deals with processes of the operating system; its port is runner.ts.
  { name: 'runner', files: /^packages\/client\/src\/runner\/(?!runner\.ts$)/ },
  // Sockets, HTTP, lock and facts of the PC: everything of the client's that the simulator replaces.
  { name: 'host', files: /^packages\/client\/src\/host\// },
  { name: 'node', files: /^packages\/(?:server|client|kit)\/src\/(?:.+\/)?node-[^/]+\.ts$/ },
]

export interface Adapter {
  readonly name: string
  readonly files: RegExp
  readonly servesAdapters?: readonly string[]
}

/** The ports of the store, one beside each noun: what they promise is said without any word of a database. */
export const PORTS = /^packages\/server\/src\/(?!store\/).+-store\.ts$/

/** Pure files: they decide, and touch nothing. Nouns and the decisions of a flow (`plan`, `judge`, `reconcile`, …). */
export const NOUNS: readonly string[] = [
  'packages/server/src/tasks/task.ts',
  'packages/server/src/schedules/beat.ts',
  'packages/server/src/schedules/schedule.ts',
  'packages/server/src/schedules/calendar.ts',
  'packages/server/src/schedules/cron.ts',
  'packages/server/src/schedules/zone.ts',
  'packages/server/src/schedules/words.ts',
  'packages/server/src/schedules/check-schedule.ts',
  'packages/server/src/schedules/preview-schedule.ts',
  'packages/server/src/tasks/waiting-for.ts',
  'packages/server/src/planning/plan.ts',
  'packages/server/src/planning/catch-up.ts',
  'packages/server/src/runs/run.ts',
  'packages/server/src/runs/overlap.ts',
  'packages/server/src/executions/execution.ts',
  'packages/server/src/executions/end-time.ts',
  'packages/server/src/executions/fence.ts',
  'packages/server/src/executions/retry.ts',
  'packages/server/src/executions/waiting.ts',
  'packages/server/src/conduct/conduct.ts',
  'packages/server/src/conduct/message-cost.ts',
  'packages/server/src/conduct/offence.ts',
  'packages/server/src/delivery/brake.ts',
  'packages/server/src/delivery/choose-client.ts',
  'packages/server/src/delivery/session.ts',
  'packages/server/src/delivery/reconcile.ts',
  'packages/server/src/delivery/timing.ts',
  'packages/server/src/install/install-script.ts',
  'packages/server/src/live/facts.ts',
  'packages/server/src/live/topics.ts',
  'packages/server/src/results/result.ts',
  'packages/server/src/notifications/notice.ts',
  'packages/server/src/disk/disk-level.ts',
  'packages/server/src/retention/cutoffs.ts',
  'packages/server/src/plugins/fit-arguments.ts',
  'packages/server/src/plugins/manifest.ts',
  'packages/server/src/deleting/restorable.ts',
  'packages/server/src/plugins/plugin-name.ts',
  'packages/server/src/plugins/read-python.ts',
  'packages/server/src/users/access.ts',
  'packages/server/src/why/step.ts',
  'packages/server/src/why/snapshot.ts',
  'packages/server/src/why/clock-skew.ts',
  'packages/server/src/why/standing.ts',
  'packages/server/src/why/targeting.ts',
  'packages/server/src/why/waiting-now.ts',
  'packages/server/src/why/handed-back.ts',
  'packages/server/src/why/life.ts',
  'packages/server/src/why/why.ts',
  'packages/client/src/attempt-key.ts',
  'packages/client/src/work/attempt.ts',
  'packages/client/src/work/next-step.ts',
  'packages/client/src/work/desk.ts',
  'packages/client/src/connection/lease.ts',
  'packages/client/src/connection/session.ts',
  'packages/client/src/plugins/manifest.ts',
  'packages/client/src/results/book.ts',
  'packages/client/src/results/record.ts',
  'packages/client/src/runner/runner.ts',
  'packages/client/src/service/installation.ts',
  'packages/client/src/service/choose-manager.ts',
  'packages/client/src/service/boot-files.ts',
  'packages/client/src/service/service-entry.ts',
  'packages/client/src/service/quoting.ts',
  'packages/client/src/runner/ends.ts',
  'packages/client/src/runner/process-table.ts',
  'packages/client/src/runner/reuse.ts',
]

/** Parts that are known in few places, so that they can be exchanged. A file matches if one of its patterns does. */
export const PARTS: Readonly<Record<string, RegExp>> = {
  nodemailer: /^packages\/server\/src\/notifications\/node-mail\.ts$/,
  'prom-client': /^packages\/server\/src\/metrics\//,
  typebox: /^packages\/protocol\/src\/|\/config\.ts$/,
  croner: /^packages\/server\/src\/schedules\/cron\.ts$/,
  cronstrue: /^packages\/server\/src\/schedules\/words\.ts$/,
  kysely: /^packages\/server\/src\/store\//,
  // The client locks its state folder with it; end-to-end tests look into a copy of what a killed server left, and the
  // simulation copies the schema of its disks.
  'node:sqlite':
    /^packages\/server\/src\/store\/sqlite\/|^packages\/client\/src\/host\/state-lock\.ts$|^e2e\/harness\/(?:database|history|old-store)\.ts$|^sim\/memory-disk\.ts$/,
}

/** Places that may read clocks, throw dice and start timers by themselves. All others take them as arguments. */
export const OWN_CLOCK: readonly string[] = ['packages/kit', 'packages/web', 'e2e', 'bench', 'tools']

/** Single files that may, too, each with its reason: `'packages/server/src/x/y.ts': 'why it cannot be handed a clock'`. */
export const OWN_CLOCK_FILES: Readonly<Record<string, string>> = {
  'packages/server/src/schedules/cron.ts':
    'the part that reads cron patterns takes a Date; it is made of a time that was given',
}
