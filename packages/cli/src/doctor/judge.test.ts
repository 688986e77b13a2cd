import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Finding } from './finding.ts'
import {
  judgeCertificate,
  judgeDisk,
  judgeNode,
  judgeRights,
  judgeSkew,
  judgeVersion,
  remedyOf,
  troubleIn,
} from './judge.ts'
import { proxyFor, withoutPassword } from './proxy.ts'

const DAY = 86_400_000

describe('what the doctor thinks of what it sees', () => {
  const cases: readonly [what: string, finding: Finding, state: Finding['state'], says: RegExp][] = [
    ['a Node that is too old', judgeNode('20.1.0', '/n'), 'fail', /Node 20\.1\.0 \(\/n\)/],
    ['a Node that fits', judgeNode('27.0.0', '/n'), 'ok', /27/],
    ['clocks that agree', judgeSkew(-4_900), 'ok', /within 4\.9 s/],
    ['a clock that is ahead', judgeSkew(61_000), 'warn', /61\.0 s ahead/],
    ['a clock that is behind', judgeSkew(-61_000), 'warn', /61\.0 s behind/],
    ['a full disk', judgeDisk('d', 5 * 1_048_576, '/d'), 'fail', /5 MB free where \/d lies/],
    ['a disk that is nearly full', judgeDisk('d', 500 * 1_048_576, '/d'), 'warn', /500 MB/],
    ['room enough', judgeDisk('d', 5e9, '/d'), 'ok', /free/],
    ['a file for its owner alone', judgeRights('k', '/k', 0o100600), 'ok', /600/],
    ['a file that others may read', judgeRights('k', '/k', 0o100644), 'warn', /644: others/],
    ['rights on Windows', judgeRights('k', '/k', undefined), 'ok', /\/k/],
    ['a certificate that ends soon', judgeCertificate(10 * DAY, 0, 'x'), 'warn', /good for 10 days/],
    ['a certificate that lasts', judgeCertificate(100 * DAY, 0, 'x'), 'ok', /100 days/],
    ['the same version', judgeVersion('1', '1'), 'ok', /version 1/],
    ['another version', judgeVersion('2', '1'), 'warn', /version 2; this is 1/],
  ]
  for (const [what, finding, state, says] of cases) {
    it(what, () => {
      assert.equal(finding.state, state)
      assert.match(finding.says, says)
      assert.equal(
        finding.remedy !== undefined,
        state !== 'ok',
        'what is wrong comes with what to do, and nothing else does',
      )
    })
  }

  it('each error of the network has its own remedy, and an unknown one has one, too', () => {
    const codes = [
      'ENOTFOUND',
      'ECONNREFUSED',
      'ETIMEDOUT',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'CERT_HAS_EXPIRED',
      undefined,
    ]
    assert.equal(new Set(codes.map((code) => remedyOf(code, 'h'))).size, codes.length)
  })

  it('the last troubles of a log, and no lines that are cut, old or calm', () => {
    const line = (at: string, level: string, event: string): string => JSON.stringify({ at, level, event, a: 1 })
    const now = Date.parse('2026-12-02T00:00:00Z')
    const text = [
      '"half of a line"}',
      line('2026-11-01T00:00:00Z', 'error', 'old'),
      line('2026-12-01T10:00:00Z', 'info', 'calm'),
      line('2026-12-01T11:00:00Z', 'warn', 'first'),
      line('2026-12-01T12:00:00Z', 'error', 'second'),
    ].join('\n')
    assert.deepEqual(troubleIn(text, now - DAY, 5), [
      '2026-12-01T11:00:00Z first {"a":1}',
      '2026-12-01T12:00:00Z second {"a":1}',
    ])
    assert.equal(troubleIn(text, now - DAY, 1).length, 1)
  })
})

describe('which proxy is used', () => {
  const cases: readonly [address: string, env: Record<string, string>, expected: string | undefined][] = [
    ['https://a.example', {}, undefined],
    ['https://a.example', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
    ['https://a.example', { https_proxy: 'http://p:1', HTTPS_PROXY: 'http://q:1' }, 'http://p:1'],
    ['http://a.example', { HTTPS_PROXY: 'http://p:1' }, undefined],
    ['http://a.example', { HTTP_PROXY: 'http://p:1' }, 'http://p:1'],
    ['https://a.example', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'b.example, a.example' }, undefined],
    ['http://127.0.0.1:8000', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['http://[::1]:8000', { HTTP_PROXY: 'http://p:1', NO_PROXY: 'a.example' }, undefined],
    ['https://x.a.example', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '.a.example' }, undefined],
    ['https://xa.example', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.example' }, 'http://p:1'],
    ['https://a.example:8443', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.example:443' }, 'http://p:1'],
    ['https://a.example', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
  ]
  for (const [address, env, expected] of cases) {
    it(`${address} with ${JSON.stringify(env)}`, () => assert.equal(proxyFor(new URL(address), env), expected))
  }

  it('its password is not shown', () => {
    assert.equal(withoutPassword('http://me:secret@p:3128'), 'http://p:3128/')
    assert.doesNotMatch(withoutPassword('what://me:secret@'), /secret/)
  })
})
