import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { Checksum, ClientId, ExecutionId } from '@octopus/protocol/ids.ts'
import { PRIORITY_MAX, TIMEOUT_SECONDS_DEFAULT } from '@octopus/protocol/limits.ts'
import type { Action } from '@octopus/protocol/rest/plugins.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { ServerBus } from '#live/facts.ts'
import type { Actor } from '#store/page.ts'
import { checkArguments } from '#tasks/task-arguments.ts'

import type { PluginRecord } from './plugin-store.ts'
import { readPublishable } from './publish-plugin.ts'
import type { SourceReader } from './read-source.ts'
import type { TryStore } from './try-store.ts'

interface TryNeeds {
  readonly store: TryStore
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
  readonly reader: SourceReader
}

export interface TryOrder {
  readonly client: ClientId
  readonly source?: string
  readonly language?: Language
  readonly action?: string
  readonly args?: readonly unknown[]
  readonly kwargs?: Readonly<Record<string, unknown>>
  readonly timeoutSeconds?: number
}

/** Somebody sits before it and waits: what has not started by then is given up. */
const START_WITHIN_MS: Ms = 300_000

/** Runs a source on one client now. It becomes no version, and no other client ever gets it. */
export async function tryPlugin(
  needs: TryNeeds,
  plugin: PluginRecord,
  order: TryOrder & { readonly argsJson: string; readonly kwargsJson: string },
  actor: Actor,
): Promise<ExecutionId> {
  const { store, bus, clock } = needs
  const { name } = plugin
  const { client, argsJson, kwargsJson } = order
  const bytes = order.source === undefined ? null : await readBytes(needs, plugin, order.source, order.language)
  const action = actionOf(name, bytes?.actions ?? plugin.actions, order.action ?? 'run')
  checkArguments(name, action, { args: order.args ?? [], kwargs: order.kwargs ?? {}, argsJson, kwargsJson })
  const now = clock.wall()
  const tried = await store.tryPlugin({
    now,
    actor,
    name,
    client,
    bytes,
    action: action.name,
    argsJson,
    kwargsJson,
    priority: PRIORITY_MAX,
    timeoutMs: (order.timeoutSeconds ?? TIMEOUT_SECONDS_DEFAULT) * 1_000,
    deadlineAt: now + START_WITHIN_MS,
  })
  if (tried.outcome === 'no-plugin') throw refusal('PLUGIN_NOT_FOUND', { plugin: name })
  if (tried.outcome === 'no-client') throw refusal('CLIENT_NOT_FOUND', { client })
  if (tried.outcome === 'takes-no-work') {
    throw refusal('CLIENT_TAKES_NO_WORK', { client: tried.name, reason: tried.reason })
  }
  // First the list, then the work: the client fetches what it is about to be asked to run.
  bus.publish('plugins-changed', { name })
  bus.publish('touched', tried.touched)
  return tried.execution
}

async function readBytes(
  { reader }: Pick<TryNeeds, 'reader'>,
  plugin: PluginRecord,
  source: string,
  language: Language = plugin.language,
): Promise<Parameters<TryStore['tryPlugin']>[0]['bytes']> {
  const { actions, doc } = await readPublishable(reader, { name: plugin.name, language, source })
  return { language, source, checksum: sha256Hex(source) as Checksum, actions, doc }
}

function actionOf(plugin: string, actions: readonly Action[], name: string): Action {
  const action = actions.find((one) => one.name === name)
  if (action) return action
  const names = actions.map((one) => one.name).join(', ')
  throw refusal('ACTION_NOT_FOUND', { plugin, action: name, actions: names.slice(0, 500) })
}
