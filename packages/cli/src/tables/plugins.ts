import { call } from '#calls/row.ts'
import type { ArgumentRow, CommandRow, FlagRow } from '#command-line/rows.ts'

const NAME: ArgumentRow = { name: 'name', about: "The plugin's name" }
const FILE: ArgumentRow = {
  name: 'file',
  about: 'Source file: .py, .ts, .mjs, .js, .sh or .ps1; - is standard input, with --language',
}
const LANGUAGE: FlagRow = {
  name: 'language',
  kind: 'word',
  words: ['python', 'typescript', 'javascript', 'shell', 'powershell'],
  about: "Instead of what the end of the file's name says",
}

export const PLUGIN_COMMANDS: readonly CommandRow[] = [
  call('plugin list', 'listPlugins', {
    columns: ['name', 'language', 'version', 'coverage.have', 'coverage.of', 'updatedAt', 'updatedBy', 'problem'],
  }),
  call('plugin show', 'getPlugin'),
  {
    words: 'plugin push',
    about: 'Publish a source file as a plugin; it is current at once',
    more: 'The plugin is named like the file, unless --name says otherwise. With --based-on, nothing is published when somebody else was faster.',
    arguments: [FILE],
    flags: [
      { name: 'name', kind: 'text', about: 'Name of the plugin' },
      LANGUAGE,
      { name: 'based-on', kind: 'text', about: 'Checksum that you began with' },
    ],
    uses: ['putPlugin', 'createPluginVersion'],
    load: async () => (await import('#plugins/push.ts')).push,
  },
  {
    words: 'plugin check',
    about: 'Read a source file as the server would: actions, parameters, problems; nothing is stored',
    arguments: [FILE],
    flags: [LANGUAGE],
    uses: ['checkPlugin'],
    load: async () => (await import('#plugins/push.ts')).check,
  },
  call('plugin versions', 'listPluginVersions', {
    columns: ['version', 'state', 'language', 'checksum', 'createdAt', 'createdBy', 'basedOn'],
  }),
  call('plugin version', 'getPluginVersion', { about: 'One version with its source' }),
  {
    words: 'plugin source',
    about: 'Print the source of a plugin, the current version or another',
    arguments: [NAME],
    flags: [{ name: 'version', kind: 'integer', about: 'Number of the version' }],
    uses: ['getPlugin', 'getPluginVersion'],
    load: async () => (await import('#plugins/versions.ts')).source,
  },
  {
    words: 'plugin diff',
    about: 'Show what changed between two versions, or between the current one and a file',
    arguments: [
      NAME,
      { name: 'from', about: 'Version; the one before otherwise', optional: true },
      { name: 'to', about: 'Version; the current one otherwise', optional: true },
    ],
    flags: [{ name: 'file', kind: 'text', about: 'Compare with this file instead of a version' }],
    uses: ['getPlugin', 'getPluginVersion'],
    load: async () => (await import('#plugins/versions.ts')).diff,
  },
  {
    words: 'plugin rollback',
    about: 'Make an older version current again, under a new number',
    arguments: [NAME, { name: 'version', about: 'Its number, as "octopus plugin versions" shows it' }],
    flags: [],
    uses: ['getPlugin', 'getPluginVersion', 'setCurrentVersion'],
    load: async () => (await import('#plugins/versions.ts')).rollback,
  },
  {
    words: 'plugin try',
    about: 'Run a plugin, or a source file that is not published, on one client',
    arguments: [NAME, { name: 'action', about: 'One of its actions', optional: true }],
    flags: [
      { name: 'client', kind: 'text', required: true, about: 'Id or name of the client' },
      { name: 'file', kind: 'text', about: 'Try this source instead of the current version' },
      LANGUAGE,
      { name: 'arg', kind: 'text', about: 'Argument: name=value, or a value alone; may be given several times' },
      { name: 'timeout-seconds', kind: 'integer', about: 'Longest run time' },
      { name: 'follow', kind: 'boolean', about: 'Show the output until the end' },
    ],
    uses: ['tryPlugin', 'getExecution', 'getOutput', 'listClients'],
    load: async () => (await import('#plugins/try.ts')).tryOut,
  },
  call('plugin sync', 'getPluginSync'),
  call('plugin delete', 'deletePlugin', {
    confirm: 'Delete plugin {name}?',
    said: 'Deleted. "octopus plugin restore" brings it back, for 30 days.',
  }),
  call('plugin restore', 'restorePlugin'),
]
