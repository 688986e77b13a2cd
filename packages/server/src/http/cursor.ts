import { createHmac, timingSafeEqual } from 'node:crypto'

import { refusal } from '@octopus/protocol/errors.ts'

/** Cursors of lists: opaque, and good for the list and the filter that they were made for only. */
export interface Cursors {
  /** The page after `key` of this list; null stays null. */
  make(list: string, filter: object, key: string | null): string | null
  /** The key in a cursor; null without one. What was tampered with, or belongs elsewhere, is INVALID_CURSOR. */
  read(list: string, filter: object, cursor: string | undefined): string | null
}

const MAC_BYTES = 12

export function createCursors(secret: string): Cursors {
  const macOf = (list: string, filter: object, key: string): Buffer => {
    const entries = Object.entries(filter)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const text = JSON.stringify(['octopus-cursor-1', list, entries, key])
    return createHmac('sha256', secret).update(text).digest().subarray(0, MAC_BYTES)
  }
  return {
    make: (list, filter, key) =>
      key === null ? null : Buffer.concat([macOf(list, filter, key), Buffer.from(key)]).toString('base64url'),
    read: (list, filter, cursor) => {
      if (cursor === undefined) return null
      const bytes = Buffer.from(cursor, 'base64url')
      const key = bytes.subarray(MAC_BYTES).toString()
      const mac = bytes.subarray(0, MAC_BYTES)
      // The text must be the one that we made: base64url is read leniently.
      const fits = mac.length === MAC_BYTES && bytes.toString('base64url') === cursor
      if (!fits || !timingSafeEqual(mac, macOf(list, filter, key))) throw refusal('INVALID_CURSOR')
      return key
    },
  }
}
