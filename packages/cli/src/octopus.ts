import { runCommandLine } from './main.ts'
import { nodeWorld } from './node-world.ts'

process.exitCode = await runCommandLine(process.argv.slice(2), nodeWorld(process.env))
