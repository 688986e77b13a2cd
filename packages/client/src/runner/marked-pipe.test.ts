import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'

import { createMarkedPipe, markOf } from './marked-pipe.ts'

const NONCE = 'a1b2c3'
const WRITTEN = Buffer.concat([
  Buffer.from('stray before'),
  markOf(NONCE, '+'),
  Buffer.from('\0octopus: mine \0octopus:zzz-\0'),
  markOf(NONCE, '-'),
  Buffer.from('stray after'),
])

describe('a pipe with marks', () => {
  it('gives an execution what stands between its marks, wherever chunks begin and end', async () => {
    for (let size = 1; size <= WRITTEN.length; size++) {
      const stream = new PassThrough()
      const given: Buffer[] = []
      const pipe = createMarkedPipe(stream, (bytes) => void given.push(bytes))
      const settled = Promise.withResolvers<void>()
      pipe.begin(NONCE)
      pipe.settle(settled.resolve)
      for (let at = 0; at < WRITTEN.length; at += size) stream.write(WRITTEN.subarray(at, at + size))
      await settled.promise
      stream.end()
      stream.destroy()
      await pipe.close()
      assert.equal(Buffer.concat(given).toString(), '\0octopus: mine \0octopus:zzz-\0')
    }
  })

  it('counts what is written outside of executions', async () => {
    const stream = new PassThrough()
    const pipe = createMarkedPipe(stream, () => assert.fail('nothing belongs to an execution'))
    stream.end('between')
    stream.on('end', () => stream.destroy())
    await pipe.close()
    assert.equal(pipe.strayBytes(), 7)
  })

  it('gives what was held back when the process is gone before its mark', async () => {
    const stream = new PassThrough()
    const given: Buffer[] = []
    const pipe = createMarkedPipe(stream, (bytes) => void given.push(bytes))
    pipe.begin(NONCE)
    stream.end(Buffer.concat([markOf(NONCE, '+'), Buffer.from('last words\0octo')]))
    stream.on('end', () => stream.destroy())
    await pipe.close()
    assert.equal(Buffer.concat(given).toString(), 'last words\0octo')
  })
})
