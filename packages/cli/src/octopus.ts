import { runCommandLine } from './main.ts'
import { nodeWorld, useProxies } from './node-world.ts'

await useProxies(process.env)
process.exitCode = await runCommandLine(process.argv.slice(2), nodeWorld(process.env))
