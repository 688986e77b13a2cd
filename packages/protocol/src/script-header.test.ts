import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { readScriptHeader, readShebang } from './script-header.ts'

const PARAMETERS = [
  ['path', { name: 'path', doc: '', default: undefined }],
  ['path — where to look', { name: 'path', doc: 'where to look', default: undefined }],
  ['path=/var/log — where', { name: 'path', doc: 'where', default: { value: '/var/log' } }],
  ['path = /a-b -- with two hyphens', { name: 'path', doc: 'with two hyphens', default: { value: '/a-b' } }],
  ['warnAt=90', { name: 'warnAt', doc: '', default: { value: 90 } }],
  ['dry=false – short dash', { name: 'dry', doc: 'short dash', default: { value: false } }],
  ['text="90"', { name: 'text', doc: '', default: { value: '90' } }],
  ['list=[1, "two"]', { name: 'list', doc: '', default: { value: [1, 'two'] } }],
  ['empty=', { name: 'empty', doc: '', default: { value: '' } }],
] as const

const PROBLEMS = [
  ['# octopus: actions=run,2nd', /"2nd" is no name of an action/],
  ['# octopus: actions=', /"" is no name of an action/],
  ['# octopus: param a-b=1', /"a-b" is no name of a parameter/],
  ['# octopus: param a\n# octopus: param a=1', /a is declared twice/],
  ['# octopus: runs=3', /"runs=3" is not understood/],
] as const

describe('the header of a script', () => {
  for (const [line, expected] of PARAMETERS) {
    it(`declares a parameter: ${line}`, () => {
      const { parameters, problems } = readScriptHeader(`#!/bin/sh\n# octopus: param ${line}\n`)
      assert.deepEqual({ parameters, problems }, { parameters: [expected], problems: [] })
    })
  }

  for (const [source, message] of PROBLEMS) {
    it(`is shown as wrong in its place: ${JSON.stringify(source)}`, () => {
      const { problems } = readScriptHeader(`#!/bin/sh\n${source}\n`)
      assert.equal(problems.length, 1)
      assert.equal(problems[0]?.line, 1 + source.split('\n').length)
      assert.match(problems[0]?.message ?? '', message)
    })
  }

  it('names the actions, which may stand on several lines; without it there is run', () => {
    assert.deepEqual(readScriptHeader('echo hello').actions, ['run'])
    const source = '# octopus: actions=run, validate\r\necho\r\n  #octopus: actions = clean\r\n'
    assert.deepEqual(readScriptHeader(source).actions, ['run', 'validate', 'clean'])
  })

  it('gives the first comment as text, of both kinds', () => {
    const shell = '\uFEFF#!/bin/sh\n# Looks at the disk.\n#\n#   df -h\n# octopus: param a\n\necho # no text\n# later'
    assert.equal(readScriptHeader(shell).doc, 'Looks at the disk.\n\n  df -h')
    const power = '<#\n.SYNOPSIS\nLooks at the disk.\n#>\n# octopus: actions=run\nWrite-Output 1'
    assert.equal(readScriptHeader(power).doc, 'Looks at the disk.')
    assert.equal(readScriptHeader('echo 1\n# not the first').doc, '')
  })
})

const SHEBANGS = [
  ['#!/bin/sh\necho', { program: 'sh', args: [] }],
  ['#!/usr/bin/env bash\r\necho', { program: 'bash', args: [] }],
  ['#! /bin/bash -e -u', { program: 'bash', args: ['-e', '-u'] }],
  ['#!/usr/bin/env -S A=1 bash -e', { program: 'bash', args: ['-e'] }],
  ['#!C:\\Git\\bin\\bash.exe', { program: 'bash', args: [] }],
  ['#!/usr/bin/env python3', { program: 'python3', args: [] }],
  ['echo', undefined],
  ['#!', undefined],
] as const

describe('the first line of a script', () => {
  for (const [source, expected] of SHEBANGS) {
    it(`says who it is for: ${JSON.stringify(source)}`, () => assert.deepEqual(readShebang(source), expected))
  }
})
