/** What a person gave a command, already held against its row. */
export class Given {
  readonly #arguments: ReadonlyMap<string, string>
  readonly #flags: ReadonlyMap<string, readonly string[]>
  /** The words as they were typed, for commands that read them by themselves. */
  readonly argv: readonly string[]

  constructor(
    argv: readonly string[],
    args: ReadonlyMap<string, string> = new Map(),
    flags: ReadonlyMap<string, readonly string[]> = new Map(),
  ) {
    this.argv = argv
    this.#arguments = args
    this.#flags = flags
  }

  argument(name: string): string | undefined {
    return this.#arguments.get(name)
  }

  /** An argument that the row calls required. */
  needed(name: string): string {
    const value = this.argument(name)
    if (value === undefined) throw new Error(`the row of this command does not require ${name}`)
    return value
  }

  has(flag: string): boolean {
    return this.#flags.has(flag)
  }

  text(flag: string): string | undefined {
    return this.#flags.get(flag)?.at(-1)
  }

  number(flag: string): number | undefined {
    const text = this.text(flag)
    return text === undefined ? undefined : Number(text)
  }

  /** Undefined when it was not given at all. */
  truth(flag: string): boolean | undefined {
    const text = this.text(flag)
    return text === undefined ? undefined : text === 'true'
  }

  /** Each time it was given, as it was given. */
  texts(flag: string): readonly string[] {
    return this.#flags.get(flag) ?? []
  }

  /** Given several times, or with commas. */
  list(flag: string): readonly string[] {
    return this.texts(flag)
      .flatMap((text) => text.split(','))
      .map((text) => text.trim())
      .filter((text) => text !== '')
  }
}
