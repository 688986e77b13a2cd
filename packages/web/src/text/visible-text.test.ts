import assert from 'node:assert/strict'
import { test } from 'node:test'

import { visibleText } from './visible-text.ts'

test('control and bidirectional characters are shown instead of obeyed', () => {
  assert.equal(visibleText('a\u0000b\u0007'), 'a‹U+0000›b‹U+0007›')
  assert.equal(visibleText('user\u202Etxt.exe'), 'user‹U+202E›txt.exe')
  assert.equal(visibleText('zero\u200Bwidth \u007f \u009b'), 'zero‹U+200B›width ‹U+007F› ‹U+009B›')
  assert.equal(visibleText('\u{e0041}'), '‹U+E0041›')
})

test('ordinary text of any language, tabs and line breaks stay as they are', () => {
  const text = 'Ünïcode\t日本語 عربى 🐙\nnext line'
  assert.equal(visibleText(text), text)
})
