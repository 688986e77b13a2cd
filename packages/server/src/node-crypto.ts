import { createPublicKey, verify as verifySignature } from 'node:crypto'

/** What stands before a raw Ed25519 key in its DER form (RFC 8410). */
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** Does the signature (base64url) fit the text and the raw Ed25519 public key (base64url)? A broken key fits nothing. */
export function verifyEd25519(publicKey: string, text: string, signature: string): boolean {
  try {
    const der = Buffer.concat([ED25519_PREFIX, Buffer.from(publicKey, 'base64url')])
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    return verifySignature(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}
