import type { CommandRow } from '#command-line/rows.ts'

/** Programs that read their settings by themselves. */
export const PROGRAM_COMMANDS: readonly CommandRow[] = [
  {
    words: 'demo',
    about: 'See it at work: a server, three clients, sample tasks, on this machine',
    arguments: [],
    flags: [],
    uses: [],
    ownFlags: true,
    load: async () => {
      const { run } = await import('#commands/demo.ts')
      return (given) => run(given.argv)
    },
  },
  {
    words: 'server',
    about: 'Run the server',
    arguments: [],
    flags: [],
    uses: [],
    ownFlags: true,
    load: async () => {
      const { runServer } = await import('@octopus/server/main.ts')
      return (given, { env }) => runServer(given.argv, env)
    },
  },
  {
    words: 'client',
    about: 'Run the client on a PC',
    arguments: [],
    flags: [],
    uses: [],
    ownFlags: true,
    load: async () => {
      const { runClient } = await import('@octopus/client/main.ts')
      // A connection that the network has silently dropped stays open for a quarter of an hour: nobody waits for that.
      return async (given, { env }) => process.exit(await runClient(given.argv, env))
    },
  },
  {
    words: 'backup',
    about: 'Write all that the server stores into one file, while it runs',
    arguments: [],
    flags: [],
    uses: [],
    ownFlags: true,
    load: async () => {
      const { runBackup } = await import('@octopus/server/backup-main.ts')
      return (given, { env }) => runBackup(given.argv, env)
    },
  },
  {
    words: 'restore',
    about: 'Put a backup in the place of what the server stores',
    arguments: [],
    flags: [],
    uses: [],
    ownFlags: true,
    load: async () => {
      const { runRestore } = await import('@octopus/server/backup-main.ts')
      return (given, { env }) => runRestore(given.argv, env)
    },
  },
]
