import { call } from '#calls/row.ts'
import type { CommandRow } from '#command-line/rows.ts'

export const SERVER_COMMANDS: readonly CommandRow[] = [
  call('settings get', 'getSettings'),
  call('settings set', 'changeSettings', {
    flags: { retention: 'Days to keep: {"executionsDays":90,"outputDays":30,"auditDays":400}' },
  }),
  call('notification target list', 'listNotificationTargets', {
    columns: ['id', 'name', 'kind', 'url', 'recipients', 'events', 'enabled', 'lastSentAt', 'problem'],
  }),
  call('notification target show', 'getNotificationTarget'),
  call('notification target create', 'createNotificationTarget', { secrets: ['secret'] }),
  call('notification target edit', 'changeNotificationTarget', { secrets: ['secret'] }),
  call('notification target test', 'testNotificationTarget'),
  call('notification target delete', 'deleteNotificationTarget', {
    confirm: 'Delete notification target {id}?',
    said: 'Deleted.',
  }),
  call('notification message list', 'listNotificationMessages', {
    columns: ['id', 'target.name', 'state', 'tries', 'problem', 'createdAt', 'nextTryAt'],
  }),
  call('notification message retry', 'retryNotificationMessage'),
]
