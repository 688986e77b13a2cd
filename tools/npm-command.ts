/** npm tells scripts where it is itself; on Windows `npm` is a .cmd file, which cannot be started without a shell. */
export function npmCommand(): readonly string[] {
  const path = process.env['npm_execpath']
  return path === undefined ? ['npm'] : [process.execPath, path]
}
