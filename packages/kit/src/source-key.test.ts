import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { sourceKey } from './source-key.ts'

describe('the key of an address', () => {
  const addresses: readonly [string, string][] = [
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::', 'fe80:0:0:0::/64'],
  ]
  for (const [address, key] of addresses) it(`${address} counts as ${key}`, () => assert.equal(sourceKey(address), key))
})
