/** A word for a POSIX shell that means itself. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:=@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

export function shellLine(command: readonly string[]): string {
  return command.map(shellWord).join(' ')
}

/** A command for a line of cron, which takes `%` for a line's end. */
export function cronCommand(command: readonly string[]): string {
  return shellLine(command).replaceAll('%', String.raw`\%`)
}

/** A command for `ExecStart`: systemd expands `%` and `$` and reads C escapes. */
export function unitCommand(command: readonly string[]): string {
  return command
    .map((word) => {
      const plain = word.replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`)
      return `"${plain.replaceAll('%', '%%').replaceAll('$', '$$$$')}"`
    })
    .join(' ')
}

/** Text inside an element of XML. */
export function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** A word for the command line of a Windows program, as its C library takes it apart. */
export function windowsWord(text: string): string {
  if (text !== '' && !/[\s"]/.test(text)) return text
  return `"${text.replaceAll(/(\\*)"/g, String.raw`$1$1\"`).replace(/(\\+)$/, '$1$1')}"`
}

/** A text for PowerShell, which takes typographic quotes for its own. */
export function powershellText(text: string): string {
  return `'${text.replaceAll(/['\u2018-\u201B]/g, '$&$&')}'`
}
