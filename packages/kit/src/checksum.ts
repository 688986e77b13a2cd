import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** SHA-256 as 64 lower-case hexadecimal digits. */
export function sha256Hex(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** CRC-32 as 8 hexadecimal digits: finds torn and damaged lines, proves nothing against people. */
export function crc32Hex(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}
