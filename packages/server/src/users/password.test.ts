import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createSystemRandom } from '@octopus/kit/random.ts'

import { createPasswordHash } from './password.ts'

const cheap = { memoryKiB: 64, passes: 1 }

describe('passwords', () => {
  it('are known again, and only they', async () => {
    const passwords = createPasswordHash(createSystemRandom())
    const hash = await passwords.hash('correct horse battery')
    assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.equal(await passwords.verify('correct horse battery', hash), true)
    assert.equal(await passwords.verify('correct horse batterz', hash), false)
    assert.equal(await passwords.verify('correct horse battery', null), false)
    assert.equal(await passwords.verify('', 'no hash at all'), false)
  })

  it('are hashed with a salt of their own, and checked with the cost that they were made with', async () => {
    const before = createPasswordHash(createSystemRandom(), cheap)
    const [one, two] = [await before.hash('x'), await before.hash('x')]
    assert.notEqual(one, two)
    assert.equal(await createPasswordHash(createSystemRandom()).verify('x', one), true)
  })

  it('mean the same however the keyboard composes their letters', async () => {
    const passwords = createPasswordHash(createSystemRandom(), cheap)
    assert.equal(await passwords.verify('caf\u00e9', await passwords.hash('cafe\u0301')), true)
  })

  it('too many at once are refused, the others answered', async () => {
    const passwords = createPasswordHash(createSystemRandom(), cheap)
    const all = await Promise.allSettled(Array.from({ length: 200 }, () => passwords.verify('x', null)))
    const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as { code: string }] : []))
    assert.ok(refused.length > 0 && refused.length < 200)
    assert.ok(refused.every(({ code }) => code === 'TOO_MANY_REQUESTS'))
    assert.equal(await passwords.verify('x', null), false, 'and later ones again')
  })
})
