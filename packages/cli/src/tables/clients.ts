import { call } from '#calls/row.ts'
import type { CommandRow } from '#command-line/rows.ts'

export const CLIENT_COMMANDS: readonly CommandRow[] = [
  call('client list', 'listClients', {
    columns: ['id', 'name', 'user', 'status', 'presence', 'draining', 'labels', 'version', 'lastSeenAt'],
  }),
  call('client show', 'getClient'),
  call('client approve', 'approveClient', { flags: { user: 'User that this PC belongs to' } }),
  call('client edit', 'changeClient', { about: 'Change name, user, labels or slots of a client' }),
  call('client label', 'changeClient', {
    about: 'Set the labels of a client, instead of those it has',
    places: ['labels'],
    hidden: ['name', 'user', 'slotsLimit'],
    flags: { labels: 'With commas between them' },
  }),
  call('client drain', 'drainClient'),
  call('client resume', 'resumeClient'),
  call('client revoke', 'revokeClient', {
    confirm: 'Shut client {id} out for good? What waits for it alone is cancelled.',
  }),
  call('client delete', 'deleteClient', {
    confirm: 'Delete client {id}?',
    said: 'Deleted. "octopus client restore" brings it back, for 30 days.',
  }),
  call('client restore', 'restoreClient'),
  call('enrollment-token list', 'listEnrollmentTokens', {
    columns: ['id', 'user', 'approves', 'usesLeft', 'expiresAt', 'createdBy'],
  }),
  call('enrollment-token create', 'createEnrollmentToken'),
  call('enrollment-token delete', 'deleteEnrollmentToken', { said: 'Revoked.' }),
]
