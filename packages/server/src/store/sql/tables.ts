/** The tables that ordinary queries use, as both databases have them. JSON is text; booleans are 0 and 1. */
export interface Tables {
  readonly user: UserTable
  readonly web_session: WebSessionTable
  readonly api_token: ApiTokenTable
  readonly one_time_link: OneTimeLinkTable
  readonly enrollment_token: EnrollmentTokenTable
  readonly client: ClientTable
  readonly plugin_source: PluginSourceTable
  readonly plugin: PluginTable
  readonly plugin_version: PluginVersionTable
}

interface UserTable {
  id: string
  name: string
  name_key: string
  display_name: string
  role: string | null
  password_hash: string | null
  disabled_at: number | null
  revision: number
  created_at: number
  deleted_at: number | null
}

interface WebSessionTable {
  hash: string
  user_id: string
  created_at: number
  last_used_at: number
  expires_at: number
}

interface ApiTokenTable {
  id: string
  hash: string
  prefix: string
  user_id: string
  name: string
  role: string
  created_at: number
  expires_at: number
  last_used_at: number | null
  revoked_at: number | null
}

interface OneTimeLinkTable {
  hash: string
  kind: 'setup' | 'sign-in'
  user_id: string | null
  expires_at: number
  used_at: number | null
}

interface EnrollmentTokenTable {
  id: string
  hash: string
  user_id: string | null
  approves: number
  uses_left: number
  expires_at: number
  created_at: number
  created_by: string
  revoked_at: number | null
}

interface ClientTable {
  id: string
  name: string
  user_id: string | null
  status: string
  draining: number
  labels: string
  version: string
  public_key: string
  fingerprint: string
  reported: string | null
  runtimes: string
  slots: number | null
  session_id: string | null
  session_began_at: number | null
  last_seen_at: number | null
  manifest_revision: number
  missing: string
  revision: number
  created_at: number
  deleted_at: number | null
  slots_limit: number | null
}

interface PluginSourceTable {
  checksum: string
  language: string
  source: string
  size_bytes: number
  actions: string
  doc: string
}

interface PluginTable {
  name: string
  name_key: string
  version: number
  checksum: string
  problem: string | null
  revision: number
  updated_at: number
  updated_by: string
  deleted_at: number | null
}

interface PluginVersionTable {
  plugin: string
  based_on: number | null
  version: number
  checksum: string
  created_at: number
  created_by: string
}
