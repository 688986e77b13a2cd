import { present } from '@octopus/kit/assert.ts'
import type { Clock } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import { PLUGIN_BYTES_MAX } from '@octopus/protocol/limits.ts'
import type { AnswerOf } from '@octopus/protocol/rest/route-types.ts'

import { deletePlugin } from '#deleting/delete-things.ts'
import { restorePlugin } from '#deleting/restore-things.ts'
import { executionAnswer } from '#executions/execution-answer.ts'
import type { Cursors } from '#http/cursor.ts'
import { answerPage } from '#http/paging.ts'
import { Download, type Handlers } from '#http/route.ts'
import { tellingCurrent } from '#http/telling-current.ts'
import type { ServerBus } from '#live/facts.ts'
import type { Store } from '#store/store.ts'
import { actorOf } from '#users/access.ts'

import type { Coverage } from './coverage.ts'
import type { PluginInbox } from './inbox.ts'
import { inboxProblem, listedVersion, pluginItem, versionAnswer, versionItem } from './plugin-answer.ts'
import type { PluginRecord } from './plugin-store.ts'
import { publishPlugin } from './publish-plugin.ts'
import type { SourceReader } from './read-source.ts'
import { rollBack } from './roll-back.ts'
import { tryPlugin } from './try-plugin.ts'

export interface PluginRouteNeeds {
  readonly store: Store
  readonly bus: ServerBus
  readonly clock: Clock
  readonly cursors: Cursors
  readonly reader: SourceReader
  readonly coverage: (checksum: Checksum) => Promise<Coverage>
  readonly inbox: Pick<PluginInbox, 'problems'>
}

type PluginRoutes =
  | 'listPlugins'
  | 'getPlugin'
  | 'putPlugin'
  | 'deletePlugin'
  | 'restorePlugin'
  | 'checkPlugin'
  | 'listPluginVersions'
  | 'getPluginVersion'
  | 'createPluginVersion'
  | 'setCurrentVersion'
  | 'tryPlugin'
  | 'getPluginSync'
  | 'downloadPlugin'

export function pluginRoutes(needs: PluginRouteNeeds): Handlers<PluginRoutes> {
  const { store, cursors, reader, coverage, inbox } = needs
  const existing = async (name: string): Promise<PluginRecord> => {
    const plugin = await store.readPlugin({ name })
    if (!plugin) throw refusal('PLUGIN_NOT_FOUND', { plugin: name })
    return plugin
  }
  const whole = async (plugin: PluginRecord): Promise<AnswerOf<'getPlugin'>> => {
    const stored = present(await store.readSource({ checksum: plugin.checksum }), 'the source of a plugin')
    return { ...pluginItem(plugin, await coverage(plugin.checksum)), source: stored.source }
  }
  return {
    listPlugins: async ({ query }) => {
      const filter = { deleted: query.deleted === true }
      const list = { name: 'listPlugins', filter, query } as const
      const answer = async (plugin: PluginRecord): Promise<ReturnType<typeof pluginItem>> =>
        pluginItem(plugin, await coverage(plugin.checksum))
      const page = await answerPage(cursors, list, (asked) => store.listPlugins({ ...asked, ...filter }), answer)
      return { ...page, inboxProblems: inbox.problems().map(inboxProblem) }
    },

    getPlugin: async ({ params }) => whole(await existing(params.name)),

    putPlugin: async ({ params, body, caller }) => {
      const input = { ...params, ...body, onlyIfNew: false }
      return whole(await publishPlugin(needs, input, actorOf(caller)))
    },

    deletePlugin: async ({ params, caller }) => {
      const { name } = await existing(params.name)
      await deletePlugin(needs, name, actorOf(caller))
    },

    restorePlugin: async ({ params, caller }) => {
      await restorePlugin(needs, params.name, actorOf(caller))
      return whole(await existing(params.name))
    },

    checkPlugin: async ({ body }) => {
      const bytes = Buffer.byteLength(body.source)
      if (bytes > PLUGIN_BYTES_MAX) throw refusal('PLUGIN_TOO_LARGE', { bytes, limitBytes: PLUGIN_BYTES_MAX })
      const { actions, doc, problems } = await reader.read(body.language, body.source)
      return { actions: [...actions], doc, problems: [...problems] }
    },

    listPluginVersions: async ({ params, query }) => {
      const { name } = await existing(params.name)
      const list = { name: 'listPluginVersions', filter: { name }, query } as const
      return answerPage(cursors, list, (page) => store.listPluginVersions({ ...page, name }), versionItem)
    },

    getPluginVersion: async ({ params }) => {
      const { name } = await existing(params.name)
      const found = await store.readPluginVersion({ name, version: Number(params.version) })
      if (!found) throw refusal('VERSION_NOT_FOUND', { plugin: name, version: params.version })
      return versionAnswer(found)
    },

    createPluginVersion: async ({ params, body, caller }) =>
      tellingCurrent(
        async () => whole(await publishPlugin(needs, { ...params, ...body, onlyIfNew: false }, actorOf(caller))),
        async () => whole(await existing(params.name)),
      ),

    setCurrentVersion: async ({ params, body, revision, caller }) =>
      tellingCurrent(
        async () => whole(await rollBack(needs, { name: params.name, revision, ...body }, actorOf(caller))),
        async () => whole(await existing(params.name)),
      ),

    tryPlugin: async ({ params, body, texts, caller }) => {
      const plugin = await existing(params.name)
      const order = { ...body, argsJson: texts.get('args') ?? '[]', kwargsJson: texts.get('kwargs') ?? '{}' }
      const id = await tryPlugin(needs, plugin, order, actorOf(caller))
      const execution = present(await store.readExecution({ id }), 'the execution just made')
      return executionAnswer(execution, { progress: undefined, outputBytes: 0, now: needs.clock.wall(), braked: false })
    },

    getPluginSync: async ({ params }) => {
      const { name, checksum } = await existing(params.name)
      const [{ have, of, missing }, { offline, versions }] = await Promise.all([
        coverage(checksum),
        store.readSpread({ name }),
      ])
      return { checksum, have, of, offline, missing, versions: versions.map(listedVersion) }
    },

    downloadPlugin: async ({ params }) => {
      const stored = await store.readSource(params)
      if (!stored) throw refusal('PLUGIN_NOT_FOUND', { plugin: params.checksum })
      return new Download('application/octet-stream', Buffer.from(stored.source), {
        'cache-control': 'private, max-age=31536000, immutable',
        etag: `"${params.checksum}"`,
      })
    },
  }
}
