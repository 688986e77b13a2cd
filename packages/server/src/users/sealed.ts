import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

import type { Random } from '@octopus/kit/random.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A key of 32 bytes for one purpose. */
export function deriveKey(secret: Buffer | string, purpose: string): Buffer {
  return createHmac('sha256', secret).update(purpose).digest()
}

/** Text that only the key opens (AES-256-GCM): what was changed, or sealed with another key, does not open. */
export function seal(key: Buffer, text: string, random: Random): string {
  const nonce = random.bytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** The text again. Throws when the key is another one. */
export function unseal(key: Buffer, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString()
}

/** The same chance for the same seed, fit for secrets as long as the seed is one. */
export function chanceFrom(seed: Buffer): Random {
  let counter = 0
  const block = (): Buffer => deriveKey(seed, `chance ${counter++}`)
  const bytes = (count: number): Buffer => {
    const blocks: Buffer[] = []
    for (let have = 0; have < count; have += 32) blocks.push(block())
    return Buffer.concat(blocks).subarray(0, count)
  }
  return { bytes, fraction: () => bytes(6).readUIntBE(0, 6) / 2 ** 48 }
}
