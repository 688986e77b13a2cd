import { OCTOPUS_VERSION } from '@octopus/protocol/version.ts'

interface Command {
  /** Runs until it is done or told to stop; answers the exit code. */
  run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number>
}

/** Each command is loaded when it is called: a client needs nothing of the server. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  server: () => import('#commands/server.ts'),
  client: () => import('#commands/client.ts'),
  demo: () => import('#commands/demo.ts'),
}

const HELP = `octopus ${OCTOPUS_VERSION}: hands tasks to the PCs of a company

  octopus demo                                   see it at work: a server, three clients, sample tasks
  octopus server [--server-port 8000 …]          run the server
  octopus client --server URL --token-file FILE  run the client on a PC
  octopus COMMAND --help                         the settings of a command
  octopus --version
`

const [command = '--help', ...rest] = process.argv.slice(2)
if (command === '--version') {
  console.log(OCTOPUS_VERSION)
} else if (command === '--help' || command === 'help') {
  console.log(HELP)
} else {
  const load = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined
  if (load) {
    process.exitCode = await (await load()).run(rest, process.env)
  } else {
    console.error(`octopus: there is no command "${command}". There are: ${Object.keys(COMMANDS).join(', ')}.`)
    process.exitCode = 2
  }
}
