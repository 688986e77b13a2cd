import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { proxiesOf } from './proxies.ts'

const own = 'localhost,127.0.0.1,::1'
const unset = { HTTP_PROXY: null, HTTPS_PROXY: null, NO_PROXY: null }

describe('the proxies of a client', () => {
  it('are none where nothing names one, or only exceptions', () => {
    assert.equal(proxiesOf(unset, {}), undefined)
    assert.equal(proxiesOf({ ...unset, NO_PROXY: 'a' }, { https_proxy: '' }), undefined)
  })

  it('come from the settings, else from the names in small letters', () => {
    const env = { https_proxy: 'http://small:1', no_proxy: 'intranet' }
    assert.deepEqual(proxiesOf(unset, env), { HTTPS_PROXY: 'http://small:1', NO_PROXY: `intranet,${own}` })
    assert.deepEqual(proxiesOf({ ...unset, HTTPS_PROXY: 'http://set:1', NO_PROXY: '' }, env), {
      HTTPS_PROXY: 'http://set:1',
      NO_PROXY: own,
    })
  })

  it('are not asked for this machine, whatever the exceptions are', () => {
    const exceptions = (noProxy: string): string | undefined =>
      proxiesOf({ ...unset, HTTP_PROXY: 'http://set:1', NO_PROXY: noProxy }, {})?.NO_PROXY
    assert.equal(exceptions('a.example, b.example'), `a.example, b.example,${own}`)
    assert.equal(exceptions('*'), '*')
  })
})
