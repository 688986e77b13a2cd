import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { JsonText, writeJson } from './json-text.ts'

describe('writing JSON', () => {
  it('puts text in as it arrived', () => {
    const value = {
      args: new JsonText('[1.0,1152921504606846976,"\\u0000"]'),
      list: [new JsonText('{}')],
      gone: undefined,
    }
    assert.equal(writeJson(value), '{"args":[1.0,1152921504606846976,"\\u0000"],"list":[{}]}')
  })

  it('is JSON.stringify for everything else', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(writeJson(value), JSON.stringify(value))))
  })
})
