import { call } from '#calls/row.ts'
import type { CommandRow } from '#command-line/rows.ts'

const TOKEN_COLUMNS = ['id', 'name', 'role', 'user', 'prefix', 'expiresAt', 'lastUsedAt']
const SERVER_ADDRESS = 'The server is --server, else OCTOPUS_SERVER, else the last one.'

export const PEOPLE_COMMANDS: readonly CommandRow[] = [
  {
    words: 'login',
    about: 'Sign in to a server: the token is kept in a file of your own',
    more: `${SERVER_ADDRESS} The token comes from --token-file, else OCTOPUS_TOKEN, else you are asked. With --user, you are asked for the password, and a token is made.`,
    arguments: [],
    flags: [
      { name: 'token-file', kind: 'text', about: 'File with an API token; - is standard input' },
      { name: 'user', kind: 'text', about: 'Sign in with name and password' },
      { name: 'password-file', kind: 'text', about: 'File with the password; - is standard input' },
      { name: 'days', kind: 'integer', about: 'How long the token that is made is good (90)' },
    ],
    uses: ['me', 'login', 'createApiToken', 'logout'],
    load: async () => (await import('#account/sign-in.ts')).login,
  },
  {
    words: 'logout',
    about: 'Forget the token of a server; one that login made is revoked',
    arguments: [],
    flags: [],
    uses: ['deleteApiToken'],
    load: async () => (await import('#account/sign-in.ts')).logout,
  },
  {
    words: 'setup',
    about: 'Make the first administrator of a new server, and sign in',
    more: SERVER_ADDRESS,
    arguments: [{ name: 'name', about: 'Name of the administrator' }],
    flags: [
      {
        name: 'token-file',
        kind: 'text',
        about: 'File with the one-time token that the server printed; - is standard input',
      },
      { name: 'password-file', kind: 'text', about: 'File with the new password' },
    ],
    uses: ['setup', 'createApiToken', 'logout', 'me'],
    load: async () => (await import('#account/sign-in.ts')).setup,
  },
  call('whoami', 'me'),
  call('token list', 'listApiTokens', { columns: TOKEN_COLUMNS }),
  call('token create', 'createApiToken'),
  call('token delete', 'deleteApiToken', { confirm: 'Revoke token {id}?', said: 'Revoked.' }),
  call('user list', 'listUsers', {
    columns: ['name', 'displayName', 'role', 'canSignIn', 'disabled', 'clients', 'createdAt'],
  }),
  call('user show', 'getUser'),
  call('user create', 'createUser', {
    places: ['name'],
    secrets: ['password'],
    flags: { name: 'Name to sign in with' },
  }),
  call('user edit', 'changeUser', { secrets: ['password'] }),
  call('user delete', 'deleteUser', {
    confirm: 'Delete user {name}?',
    said: 'Deleted. "octopus user restore" brings the user back, for 30 days.',
  }),
  call('user restore', 'restoreUser'),
  call('audit list', 'listAudit', { columns: ['at', 'actor.kind', 'actor.name', 'action', 'subject', 'details'] }),
]
