import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { definePlugin } from './plugin-sdk.ts'

const parameters = { path: 'string', warnAt: 90, tags: ['a'], deep: { type: 'object', default: { x: 1 } } } as const
const echo = definePlugin({ parameters }, ({ kwargs }) => kwargs)

const FITTING = [
  [['/'], {}, { path: '/', warnAt: 90, tags: ['a'], deep: { x: 1 } }],
  [['/', 80.5], { tags: [] }, { path: '/', warnAt: 80.5, tags: [], deep: { x: 1 } }],
  [[], { path: '/', deep: { y: 2 } }, { path: '/', warnAt: 90, tags: ['a'], deep: { y: 2 } }],
] as const

const MISFITS = [
  [[], {}, 'path was not given; the parameters are: path, warnAt, tags, deep.'],
  [['/'], { path: '/' }, 'path was given by place and by name.'],
  [['/'], { color: 'red' }, 'There is no parameter color; the parameters are: path, warnAt, tags, deep.'],
  [['/', 1, [], {}, 5], {}, '5 arguments were given by place; the parameters are: path, warnAt, tags, deep.'],
  [[7], {}, 'path must be of type string, not 7.'],
  [['/', '90'], {}, 'warnAt must be of type number, not "90".'],
  [['/', 90, {}], {}, 'tags must be of type list, not {}.'],
  [['/', 90, [], []], {}, 'deep must be of type object, not [].'],
] as const

describe('definePlugin', () => {
  for (const [args, kwargs, expected] of FITTING) {
    it(`fills the parameters from ${JSON.stringify(args)} and ${JSON.stringify(kwargs)}`, async () => {
      assert.deepEqual(await echo({ args, kwargs }), expected)
    })
  }

  for (const [args, kwargs, message] of MISFITS) {
    it(`refuses what does not fit: ${message}`, async () => {
      await assert.rejects(echo({ args, kwargs }), { name: 'ArgumentsError', message })
    })
  }

  it('gives each call a default of its own', async () => {
    const tags = (await echo({ args: ['/'] })).tags as unknown[]
    tags.push('b')
    assert.deepEqual((await echo({ args: ['/'] })).tags, ['a'])
  })

  it('knows the types of the parameters', async () => {
    const typed = definePlugin(
      { parameters: { path: 'string', warnAt: 90, count: { type: 'integer' } } },
      ({ kwargs }) => {
        // What the compiler accepts here is the test: each has its own type, not `unknown`.
        const path: string = kwargs.path.toUpperCase()
        const sum: number = kwargs.warnAt + kwargs.count
        return `${path} ${sum}`
      },
    )
    const answer: string = await typed({ args: ['/a', 1, 2] })
    assert.equal(answer, '/A 3')
  })

  it('without parameters takes anything', async () => {
    const any = definePlugin({}, ({ args, kwargs, attempt }) => [args, kwargs, attempt])
    assert.deepEqual(await any({ args: [1], kwargs: { a: 2 } }), [[1], { a: 2 }, 1])
  })
})
