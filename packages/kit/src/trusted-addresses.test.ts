import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { addressRangeProblem, forwardedAddress, trustedAddresses } from './trusted-addresses.ts'

describe('trusted addresses', () => {
  for (const good of ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0']) {
    it(`may be ${good}`, () => assert.equal(addressRangeProblem(good), undefined))
  }
  for (const bad of ['', 'proxy', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/8', '10.0.0.0/', '::1/129']) {
    it(`may not be "${bad}"`, () => assert.ok(addressRangeProblem(bad)))
  }

  it('are known as IPv4 and as IPv6, and nothing else is', () => {
    const isTrusted = trustedAddresses(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])
    for (const yes of ['127.0.0.1', '::ffff:127.0.0.1', '10.255.0.1', 'fd12::1']) assert.ok(isTrusted(yes), yes)
    for (const no of ['127.0.0.2', '11.0.0.1', 'fe80::1', '', 'x']) assert.ok(!isTrusted(no), no)
    assert.ok(!trustedAddresses([])('127.0.0.1'))
  })
})

describe('who really asks', () => {
  const isTrusted = trustedAddresses(['127.0.0.1', '10.0.0.0/8'])
  const cases: readonly [what: string, remote: string, header: string | undefined, address: string][] = [
    ['is the caller where there is no proxy', '8.8.8.8', undefined, '8.8.8.8'],
    ['is the caller when no proxy of ours says otherwise', '8.8.8.8', '1.2.3.4', '8.8.8.8'],
    ['is whom a proxy of ours names', '127.0.0.1', '1.2.3.4', '1.2.3.4'],
    [
      'is the last that is no proxy of ours: what is before it may be made up',
      '127.0.0.1',
      '6.6.6.6, 1.2.3.4, 10.0.0.9',
      '1.2.3.4',
    ],
    ['is the proxy when what it names is no address', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['is the proxy when it names nobody', '10.0.0.1', undefined, '10.0.0.1'],
  ]
  for (const [what, remote, header, address] of cases) {
    it(what, () => assert.equal(forwardedAddress(remote, header, isTrusted), address))
  }
})
