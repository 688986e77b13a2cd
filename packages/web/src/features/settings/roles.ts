import type { Role } from '#domain/me.ts'

/** What each role may do, for the forms. */
export const ROLE_CHOICES: readonly { readonly value: Role; readonly label: string }[] = [
  { value: 'viewer', label: 'viewer: reads' },
  { value: 'operator', label: 'operator: works with tasks and clients' },
  { value: 'admin', label: 'admin: also plugins, users and tokens' },
]
