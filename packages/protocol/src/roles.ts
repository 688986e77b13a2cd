/** Each role may do all that the one before it may. `viewer` reads; `operator` works with tasks and clients; `admin` changes plugins, users and tokens. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]
