import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'

import type { Random } from '@octopus/kit/random.ts'

/**
 * The key that closes secrets of targets: in a file beside the database (0600), so that neither the database nor a
 * backup of it tells them. Made at the first start.
 */
export function readOrMakeKey(path: string, random: Random): Buffer {
  try {
    const file = openSync(path, 'wx', 0o600)
    try {
      writeSync(file, `${random.bytes(32).toString('base64url')}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64url')
  if (key.length !== 32)
    throw new Error(`${path} holds no key. Remove it, and set the secrets of notification targets again.`)
  return key
}
