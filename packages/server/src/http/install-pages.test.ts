import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { ClientBuilds } from '@octopus/protocol/client-build.ts'
import { unpackToken } from '@octopus/protocol/enroll.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'

import { ApiWorld, type Reply } from '#testing/api-world.ts'

import { Downloads, DOWNLOADS_MAX, DOWNLOADS_PER_ADDRESS_MAX } from './downloads.ts'
import { originOf } from './origin.ts'

const SUM = 'a'.repeat(64) as Checksum
const LINUX = 'octopus-client-0.1.0-linux-x64-aaaaaaaaaaaa.tar.gz'
const WINDOWS = 'octopus-client-0.1.0-win-x64-bbbbbbbbbbbb.zip'
const BUILDS: ClientBuilds = {
  version: '0.1.0',
  node: '26.10.0',
  archives: [
    { target: 'linux-x64', file: LINUX, checksum: SUM, sizeBytes: LINUX.length },
    { target: 'win-x64', file: WINDOWS, checksum: 'b'.repeat(64) as Checksum, sizeBytes: WINDOWS.length },
  ],
}

async function built(publicUrl?: string): Promise<ApiWorld> {
  const world = await ApiWorld.ready(publicUrl === undefined ? {} : { publicUrl })
  world.clientBuilds = BUILDS
  return world
}

const ask = (world: ApiWorld, path: string, headers: Record<string, string> = {}): Promise<Reply> =>
  world.call({ path, token: null, headers: { host: 'octopus.example:8000', ...headers } })

describe('the origin that a Host header means', () => {
  const cases: [string | undefined, string | undefined][] = [
    ['octopus.example:8000', 'http://octopus.example:8000'],
    ['OCTOPUS.example', 'http://octopus.example'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['[::1]:8000', 'http://[::1]:8000'],
    ['my_pc:8000', 'http://my_pc:8000'],
    [undefined, undefined],
    ['', undefined],
    ["a';touch${IFS}x;'", undefined],
    ['a$(id)', undefined],
    ['a`id`', undefined],
    ['a&b', undefined],
    ['a b', undefined],
    ['a\nb', undefined],
    ['user@host', undefined],
    ['host/path', undefined],
    ['host:99999', undefined],
    ['host:80:80', undefined],
    ['-host', undefined],
    ['[::1', undefined],
    ['x'.repeat(300), undefined],
  ]
  for (const [host, origin] of cases) {
    it(`${JSON.stringify(host)?.slice(0, 40)} means ${origin ?? 'nothing'}`, () => {
      assert.equal(originOf(host, false), origin)
      assert.equal(originOf(host, true), origin?.replace('http:', 'https:'))
    })
  }
})

describe('install.sh and install.ps1', () => {
  for (const name of ['install.sh', 'install.ps1']) {
    it(`${name} names the server as it was reached, the archives and their checksums, and is kept by nobody`, async () => {
      await using world = await built()
      const { status, text, headers } = await ask(world, `/${name}`)
      assert.equal(status, 200)
      assert.ok(text.includes("'http://octopus.example:8000'"))
      for (const { target, file, checksum } of BUILDS.archives)
        assert.ok(text.includes(`${target} ${file} ${checksum}`))
      assert.doesNotMatch(text, /@[A-Z]+@/)
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['x-content-type-options'], 'nosniff')
    })

    it(`${name} without packed clients says who has to do what, and fails`, async () => {
      await using world = await ApiWorld.ready()
      const { status, text } = await ask(world, `/${name}`)
      assert.equal(status, 200)
      assert.match(text, /npm run build:client/)
      assert.match(text, /exit 1|throw/)
    })

    it(`${name} is refused for a Host that could mean something in it`, async () => {
      await using world = await built()
      for (const host of ["x';id;'", 'x$(id)', 'x`id`', 'x\\', '"']) {
        const { status, text } = await ask(world, `/${name}`, { host })
        assert.equal(status, 400, host)
        assert.match(text, /INVALID_REQUEST/)
        assert.doesNotMatch(text, /octopus-client/)
      }
    })
  }
})

describe('an archive', () => {
  it('may be kept for ever, as its name holds its checksum', async () => {
    await using world = await built()
    const { status, text, headers } = await ask(world, `/install/${LINUX}`)
    assert.deepEqual([status, text], [200, LINUX])
    assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
    assert.equal(headers['etag'], `"${SUM}"`)
    assert.equal(headers['content-length'], String(LINUX.length))
    assert.equal(headers['content-disposition'], `attachment; filename="${LINUX}"`)
    assert.equal((await ask(world, `/install/${LINUX}`, { 'if-none-match': `"${SUM}"` })).status, 304)
  })

  it('is one that the manifest names, whatever is asked for', async () => {
    await using world = await built()
    const paths = ['manifest.json', `${LINUX}.sha256`, '..%2f..%2fpackage.json', '__proto__', 'x', '%00']
    for (const path of paths) {
      const { status, text } = await ask(world, `/install/${path}`)
      assert.ok(status === 404 || status === 400, `${path}: ${status}`)
      assert.doesNotMatch(text, /workspaces/)
    }
    world.clientBuilds = undefined
    const { status, json } = await ask(world, `/install/${LINUX}`)
    assert.deepEqual([status, (json as { code: string }).code], [404, 'CLIENT_BUILD_NOT_FOUND'])
  })

  it('is limited for each address, at rest and at a time', async () => {
    await using world = await built()
    const all = await Promise.all(Array.from({ length: 70 }, () => ask(world, '/install/none')))
    assert.ok(all.some(({ status }) => status === 429))
    const other = await world.call({ path: `/install/${LINUX}`, token: null, address: '10.0.0.9' })
    assert.equal(other.status, 200)
  })

  it('leaves its place when it was sent', async () => {
    const downloads = new Downloads()
    const leave = Array.from({ length: DOWNLOADS_PER_ADDRESS_MAX }, () => downloads.enter('a'))
    assert.throws(() => downloads.enter('a'), { code: 'TOO_MANY_REQUESTS' })
    leave[0]?.()
    leave[0]?.()
    downloads.enter('a')
    assert.throws(() => downloads.enter('a'), { code: 'TOO_MANY_REQUESTS' })
    for (let n = DOWNLOADS_PER_ADDRESS_MAX; n < DOWNLOADS_MAX; n++) downloads.enter(String(n))
    assert.throws(() => downloads.enter('last'), { code: 'TOO_MANY_REQUESTS' })
  })
})

describe('a new enrolment token', () => {
  const make = async (world: ApiWorld, host: string): Promise<Record<string, unknown>> => {
    const wish = { method: 'POST', path: '/api/v1/enrollment-tokens', body: {}, headers: { host } }
    return (await world.call(wish)).json
  }

  it('comes with the lines to copy, in which the token is in no list of processes', async () => {
    await using world = await built()
    const { token, install } = (await make(world, 'octopus.example:8000')) as { token: string; install: object }
    assert.deepEqual(install, {
      sh: `curl -fsSL http://octopus.example:8000/install.sh | OCTOPUS_TOKEN=${token} sh`,
      powershell: `$env:OCTOPUS_TOKEN='${token}'; irm http://octopus.example:8000/install.ps1 | iex`,
      targets: ['linux-x64', 'win-x64'],
    })
    assert.match(token, /^octo1\.[\w-]+$/)
  })

  it('comes without them when nothing was built', async () => {
    await using world = await ApiWorld.ready()
    assert.equal((await make(world, 'octopus.example'))['install'], null)
  })

  it('never carries a hostile Host into a line', async () => {
    await using world = await built()
    const { install } = (await make(world, "x';id;'")) as { install: { sh: string } }
    assert.match(install.sh, /^curl -fsSL http:\/\/localhost\/install\.sh/)
  })
})

describe('a server that was told where it is reached (PUBLIC_URL)', () => {
  const PUBLIC = 'https://octopus.example.com'

  it('names that in tokens and lines which are made on its own machine', async () => {
    await using world = await built(PUBLIC)
    const wish = { method: 'POST', path: '/api/v1/enrollment-tokens', body: {}, headers: { host: '127.0.0.1:8000' } }
    const { token, install } = (await world.call(wish)).json as { token: string; install: Record<string, string> }
    assert.match(install['sh'] ?? '', /^curl -fsSL https:\/\/octopus\.example\.com\/install\.sh /)
    assert.match(install['powershell'] ?? '', /irm https:\/\/octopus\.example\.com\/install\.ps1/)
    assert.equal(unpackToken(token)?.server, PUBLIC)
  })

  it('names it in the scripts, whatever address they were fetched from', async () => {
    await using world = await built(PUBLIC)
    for (const name of ['install.sh', 'install.ps1']) {
      const { text } = await ask(world, `/${name}`, { host: '127.0.0.1:8000' })
      assert.ok(text.includes(`'${PUBLIC}'`), name)
      assert.doesNotMatch(text, /127\.0\.0\.1/)
    }
  })

  it('still gives a browser on its own machine a cookie that it keeps without TLS', async () => {
    await using world = await built(PUBLIC)
    const body = { name: 'root', password: 'correct horse battery' }
    const { headers } = await world.call({ method: 'POST', path: '/api/v1/login', body, token: null })
    assert.doesNotMatch(String(headers['set-cookie']), /Secure/)
  })
})

leakCheck()
