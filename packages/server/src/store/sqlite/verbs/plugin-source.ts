import { Buffer } from 'node:buffer'

import { refusal } from '@octopus/protocol/errors.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import type { Action } from '@octopus/protocol/rest/plugins.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { Tx } from '#store/sqlite/tx.ts'

/** A source and what was read out of it. */
export interface ReadBytes {
  readonly language: Language
  readonly source: string
  readonly checksum: Checksum
  readonly actions: readonly Action[]
  readonly doc: string
}

/** Bytes are stored once, whichever plugins have them; what was read out of them may be read better by a newer server. */
export function storeSource(tx: Tx, plugin: string, { language, source, checksum, actions, doc }: ReadBytes): void {
  const known = tx.get<{ language: string }>('select language from plugin_source where checksum = ?', checksum)
  if (known && known.language !== language) {
    const reason = `the same bytes are stored as a ${known.language} plugin. Add a comment to the ${language} one.`
    throw refusal('INVALID_PLUGIN', { plugin, reason })
  }
  tx.run(
    `insert into plugin_source (checksum, language, source, size_bytes, actions, doc) values (?, ?, ?, ?, ?, ?)
      on conflict (checksum) do update set actions = excluded.actions, doc = excluded.doc`,
    checksum,
    language,
    source,
    Buffer.byteLength(source),
    JSON.stringify(actions),
    doc,
  )
}
