import { Type } from 'typebox'

import { OneOf } from './schema.ts'
import { LANGUAGES } from './work.ts'

export const LanguageSchema = OneOf(LANGUAGES)

/** Times on the wire between server and client: whole milliseconds since the epoch. */
export const EpochMsSchema = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 })
export const DurationMsSchema = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 })
