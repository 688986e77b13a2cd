import { createHmac } from 'node:crypto'

/** HMAC-SHA256 of a text by a secret text, as 43 characters of base64url. */
export function macText(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url')
}
