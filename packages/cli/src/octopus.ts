import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// What Node has compiled is kept beside the code, and not in its default folder, which belongs to everybody: whoever can
// write here could as well write the code. Where it cannot be kept, a start takes a quarter longer.
enableCompileCache(join(import.meta.dirname, '..', 'dist', 'compiled'))
const { runCommandLine } = await import('./main.ts')
const { nodeWorld, useProxies } = await import('./node-world.ts')

await useProxies(process.env)
process.exitCode = await runCommandLine(process.argv.slice(2), nodeWorld(process.env))
