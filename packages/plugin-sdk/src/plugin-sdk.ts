// What a plugin in TypeScript or JavaScript imports. Inside a client the runner stands in for this file.
export { definePlugin, type PluginAction, type PluginOptions } from './define-plugin.ts'
export { log, progress, type Log, type PluginContext } from './context.ts'
export type { KwargsOf, ParameterSpec, ParameterSpecs, ParameterType } from './parameters.ts'
