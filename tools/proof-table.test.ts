import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { isProved } from './proof-table.contract.ts'

describe('a test that is named as a proof', () => {
  const cases: readonly (readonly [line: string, proves: boolean])[] = [
    [`it('keeps the contract', () => {`, true],
    [`it('keeps the contract', { skip: needsBash }, () => {`, true],
    [`it('keeps the contract, and is skipped by nobody', () => {`, true],
    ['it(`${language} keeps the contract`, { skip: `no ${language} on this machine` }, () => {})', false],
    [`it('keeps the contract', { skip: true }, () => {`, false],
    [`it('keeps the contract', { todo: 'later' }, () => {`, false],
    [`it.skip('keeps the contract', () => {`, false],
    [`it('keeps another', () => {`, false],
  ]
  for (const [line, proves] of cases) {
    it(`${proves ? 'is one' : 'is none'} by the line ${line}`, () =>
      assert.equal(isProved(`const a = 1\n${line}\n`, 'keeps the contract'), proves))
  }

  it('is one when a line is a stand-in and another one is the test', () => {
    const lines = ["it('keeps the contract', { skip: true }, () => {})", "it('keeps the contract', () => {"]
    assert.equal(isProved(lines.join('\n'), 'keeps the contract'), true)
  })
})
