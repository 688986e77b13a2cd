import type { Clock } from '@octopus/kit/clock.ts'
import { invalidRequest, refusal } from '@octopus/protocol/errors.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'
import { TARGETS_MAX } from '@octopus/protocol/limits.ts'
import { NOTIFICATION_EVENTS } from '@octopus/protocol/rest/notifications.ts'
import type { BodyOf } from '@octopus/protocol/rest/route-types.ts'

import type { Actor } from '#store/page.ts'
import type { TaskStore } from '#tasks/task-store.ts'

import type { MessageRecord, NotificationStore, TargetRecord, TargetSettings } from './notification-store.ts'
import type { Sender } from './sender.ts'

export interface ManageNeeds {
  readonly store: NotificationStore & Pick<TaskStore, 'readTask'>
  readonly sender: Sender
  readonly clock: Pick<Clock, 'wall'>
  /** Closes a secret, so that the database alone does not tell it. */
  readonly seal: (text: string) => string
}

export async function createTarget(
  needs: ManageNeeds,
  body: BodyOf<'createNotificationTarget'>,
  actor: Actor,
): Promise<TargetRecord> {
  const { store, clock, seal } = needs
  const settings: TargetSettings = {
    name: body.name,
    url: body.url ?? null,
    secret: body.secret === undefined ? null : seal(body.secret),
    recipients: body.recipients ?? [],
    events: body.events ?? NOTIFICATION_EVENTS,
    tasks: body.tasks ?? null,
    enabled: body.enabled ?? true,
  }
  await check(needs, { ...settings, kind: body.kind }, settings.tasks)
  const made = await store.createTarget({ now: clock.wall(), actor, kind: body.kind, settings })
  if (made.outcome === 'too-many') throw refusal('TOO_MANY_TARGETS', { limit: TARGETS_MAX })
  return existingTarget(store, made.id)
}

export async function changeTarget(
  needs: ManageNeeds,
  change: {
    readonly id: string
    readonly ifRevision: number
    readonly body: BodyOf<'changeNotificationTarget'>
    readonly actor: Actor
  },
): Promise<TargetRecord> {
  const { store, clock, seal } = needs
  const { id, ifRevision, actor } = change
  const { secret, ...rest } = change.body
  const sealed = secret === undefined ? {} : { secret: secret === null ? null : seal(secret) }
  const changes = { ...rest, ...sealed }
  await check(needs, { ...(await existingTarget(store, id)), ...changes }, changes.tasks ?? null)
  const changed = await store.changeTarget({ now: clock.wall(), actor, id, ifRevision, changes })
  if (changed.outcome === 'stale') throw refusal('STALE_REVISION', { current: changed.revision })
  return existingTarget(store, id)
}

async function check(
  { sender, store }: ManageNeeds,
  target: Parameters<Sender['problems']>[0],
  tasks: readonly TaskId[] | null,
): Promise<void> {
  const problems = sender.problems(target)
  if (problems.length > 0) throw invalidRequest('body', problems)
  for (const task of tasks ?? []) {
    if (!(await store.readTask({ id: task }))) throw refusal('TASK_NOT_FOUND', { task })
  }
}

export async function existingTarget(store: NotificationStore, id: string): Promise<TargetRecord> {
  const target = await store.readTarget({ id })
  if (!target) throw refusal('TARGET_NOT_FOUND', { target: id })
  return target
}

export async function retryMessage(
  { store, clock }: Pick<ManageNeeds, 'store' | 'clock'>,
  id: string,
  actor: Actor,
): Promise<MessageRecord> {
  const again = await store.retryMessage({ now: clock.wall(), actor, id })
  const message = await store.readMessage({ id })
  if (!message) throw refusal('MESSAGE_NOT_FOUND', { message: id })
  if (!again) throw refusal('MESSAGE_NOT_DEAD', { state: message.state })
  return message
}
