import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { SettingsError } from '@octopus/kit/settings.ts'

/** What the demo can be told. */
export function readDemoFlags(argv: readonly string[]): { readonly port: number; readonly dataFolder: string } {
  const { values } = parse(argv)
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new SettingsError(`--port is "${values.port}"; it must be a whole number from 0 to 65535.`)
  }
  return { port, dataFolder: resolve(values['data-folder']) }
}

function parse(argv: readonly string[]) {
  const options = {
    port: { type: 'string', default: '8000' },
    'data-folder': { type: 'string', default: './demo-data' },
  } as const
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false })
  } catch (error) {
    throw new SettingsError(`${error instanceof Error ? error.message : String(error)} See octopus demo --help.`)
  }
}
