import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

import { present } from '@octopus/kit/assert.ts'

/** The client's Ed25519 key. The private half never leaves the PC. */
export interface KeyPair {
  /** Raw 32 bytes, base64url. */
  readonly publicKey: string
  /** PKCS #8, for the file. */
  readonly pem: string
  sign(text: string): string
}

export function makeKeyPair(): KeyPair {
  return keyPairOf(generateKeyPairSync('ed25519').privateKey)
}

/** Throws when the text is no Ed25519 key. */
export function readKeyPair(pem: string): KeyPair {
  const key = createPrivateKey(pem)
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it holds a key of kind ${key.asymmetricKeyType}`)
  return keyPairOf(key)
}

function keyPairOf(key: KeyObject): KeyPair {
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  return {
    publicKey: present(x, 'the public key'),
    pem: key.export({ format: 'pem', type: 'pkcs8' }),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64url'),
  }
}
