import { PLUGIN_NAME_PATTERN } from '@octopus/protocol/ids.ts'
import type { Language } from '@octopus/protocol/work.ts'

const pattern = new RegExp(PLUGIN_NAME_PATTERN)

/** Names of devices: on Windows a file named so, with whatever extension, is no file. */
const RESERVED = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9]|lpt[0-9])$/i

/** A name never becomes part of a path of ours; but authors keep files of these names, on Windows too. */
export function isPluginName(name: string): boolean {
  return pattern.test(name) && !RESERVED.test(name)
}

const EXTENSIONS: Readonly<Record<string, Language>> = {
  py: 'python',
  ts: 'typescript',
  mjs: 'javascript',
  js: 'javascript',
  sh: 'shell',
  ps1: 'powershell',
}

/** The plugin that a file holds, or undefined if its name is no plugin's. */
export function pluginOfFile(file: string): { readonly name: string; readonly language: Language } | undefined {
  const dot = file.lastIndexOf('.')
  const name = file.slice(0, dot)
  const extension = file.slice(dot + 1).toLowerCase()
  const language = Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined
  return dot > 0 && language !== undefined && isPluginName(name) ? { name, language } : undefined
}
