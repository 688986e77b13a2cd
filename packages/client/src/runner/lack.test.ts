import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { lackIn, lackOf } from './lack.ts'

const TOLD = [
  ['Node', "Error: ENOSPC: no space left on device, mkdir '/x'", true],
  ['Node, of a start', 'spawn /usr/bin/python3 EAGAIN', true],
  ['Python', "Traceback …\nOSError: [Errno 28] No space left on device: '/x/modules'\n", true],
  ['Python, of processes', 'BlockingIOError: [Errno 11] Resource temporarily unavailable', true],
  ['a program that is not there', 'spawn /usr/bin/python3 ENOENT', false],
  ['a folder that may not be written', "PermissionError: [Errno 13] Permission denied: '/x'", false],
  ['a longer word', 'ENOSPCX and MYEMFILE', false],
] as const

describe('what a PC lacks to start a process', { skip: process.platform !== 'linux' && 'numbers of Linux' }, () => {
  for (const [who, words, lacks] of TOLD) {
    it(`is ${lacks ? '' : 'not '}seen in the words of ${who}`, () => {
      assert.equal(lackIn(words) !== undefined, lacks)
    })
  }

  it('is told in one line that fits into a message', () => {
    assert.equal(lackIn(TOLD[2][1]), "OSError: [Errno 28] No space left on device: '/x/modules'")
    assert.equal(lackIn(`EMFILE ${'x'.repeat(1_000)}`)?.length, 500)
  })

  it('is seen in the code of an error', () => {
    assert.equal(lackOf(Object.assign(new Error('no'), { code: 'ENFILE' })), 'ENFILE: no')
    assert.equal(lackOf(new Error('no')), undefined)
  })
})
