import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { describe, it } from 'node:test'

import { createSeededRandom } from '@octopus/kit/random.ts'
import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { createMemoryDisk } from '@octopus/kit/testing/memory-files.ts'
import { packToken, type EnrollBody } from '@octopus/protocol/enroll.ts'

import { keyNumber } from '#testing/client-world.ts'

import { enroll, type EnrollNeeds } from './enroll.ts'
import { ownKeyPair, readIdentity } from './identity-file.ts'

const ID = keyNumber(1).execution as string
const ANSWER = { status: 201, text: JSON.stringify({ clientId: ID, serverId: 'server-1', status: 'pending' }) }

async function world(change: Partial<EnrollNeeds> = {}) {
  const clock = createHandClock()
  const disk = createMemoryDisk()
  const files = disk.mount()
  const log = createCapturedLog()
  const keys = await ownKeyPair(files, '/state')
  const asked: { url: string; body: EnrollBody }[] = []
  const needs: EnrollNeeds = {
    files,
    folder: '/state',
    clock,
    random: createSeededRandom(1),
    log,
    keys,
    name: 'pc',
    reported: { hostName: 'pc', os: '', arch: '', account: '', wishedUser: null, labels: [] },
    token: packToken({ server: 'https://octopus.example:8000/', secret: 's'.repeat(32) }),
    serverUrl: undefined,
    post: async (url, body) => {
      asked.push({ url, body: body as EnrollBody })
      return ANSWER
    },
    ...change,
  }
  return { clock, disk, files, log, keys, asked, needs }
}

const never = new AbortController().signal

describe('enrolling a PC', () => {
  it('brings only the public key to the server, and keeps what it answers', async () => {
    const { needs, asked, disk, files, keys } = await world()
    const identity = await enroll(needs, never)
    assert.equal(asked[0]?.url, 'https://octopus.example:8000/client/v1/enroll')
    const sent = JSON.stringify(asked[0]?.body)
    const secret = disk.peek('/state/client.key')?.toString().split('\n')[1] ?? ''
    assert.ok(secret.length > 40 && !sent.includes(secret))
    assert.deepEqual(await readIdentity(files, '/state'), identity)
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: asked[0]?.body.publicKey ?? '' }
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    assert.ok(verify(null, Buffer.from('text'), key, Buffer.from(keys.sign('text'), 'base64url')))
  })

  it('keeps one key for ever, so that a cut-off enrolment is repeated with the same', async () => {
    const { files, keys } = await world()
    assert.equal((await ownKeyPair(files, '/state')).publicKey, keys.publicKey)
  })

  it('waits for a server that is not up yet, and says so once', async () => {
    let tries = 0
    const { needs, clock, log } = await world({
      post: async () => {
        tries++
        if (tries === 1) throw new Error('ECONNREFUSED')
        return tries < 4 ? { status: 503, text: '' } : ANSWER
      },
    })
    const done = enroll(needs, never)
    await clock.advance(120_000)
    assert.equal((await done).clientId, ID)
    assert.deepEqual(log.events(), ['enrolment-waits', 'enrolled'])
  })

  const refusals: [string, Partial<EnrollNeeds>, RegExp][] = [
    ['without a token', { token: undefined }, /not enrolled\. Make a token/],
    ['with something that is no token', { token: 'hello' }, /no enrolment token/],
    [
      'with a used token',
      { post: async () => ({ status: 401, text: '{"detail":"This token is used up."}' }) },
      /answered 401: This token is used up\./,
    ],
    [
      'at something that is no Octopus server',
      { post: async () => ({ status: 200, text: '<html>' }) },
      /no Octopus server/,
    ],
  ]
  for (const [what, change, message] of refusals) {
    it(`${what} ends at once with a sentence that says what to do`, async () => {
      const { needs, files } = await world(change)
      await assert.rejects(enroll(needs, never), message)
      assert.equal(await readIdentity(files, '/state'), undefined)
    })
  }

  it('a damaged identity or key stops the start instead of being overwritten', async () => {
    const { disk, files } = await world()
    disk.poke('/state/identity.json', '{"clientId":')
    await assert.rejects(readIdentity(files, '/state'), /damaged/)
    disk.poke('/state/client.key', 'x')
    await assert.rejects(ownKeyPair(files, '/state'), /no private key/)
  })
})

leakCheck()
