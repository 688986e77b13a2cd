/** A plugin's source beyond this is refused: a plugin is one file of logic, not a package. */
export const PLUGIN_BYTES_MAX = 1_048_576
/** `args` and `kwargs` of a task together, as JSON text; more is data and belongs into a file. Refused. */
export const ARGUMENT_BYTES_MAX = 262_144
/** Nesting of arguments; deeper JSON overflows stacks somewhere on the way. Refused. */
export const ARGUMENT_DEPTH_MAX = 32
/** A result's value as JSON text. The client cuts it before it is journalled, and marks the cut. */
export const RESULT_BYTES_MAX = 1_048_576
/** An execution's output kept; what comes after is counted and the cut is marked: one noisy PC must not fill the disk. */
export const OUTPUT_BYTES_MAX = 1_048_576
/** One chunk of output: small enough that a heartbeat never waits behind it for long. */
export const OUTPUT_CHUNK_BYTES_MAX = 65_536
/** One WebSocket message once a session has been welcomed. A larger one closes the connection. */
export const MESSAGE_BYTES_MAX = 2_097_152
/** What a client says in messages longer than this travels in pieces of it: on a slow line a heartbeat fits in between. */
export const PIECE_CHARACTERS_MAX = 16_384
/** Pieces of one message: as many as the largest message has. */
export const PIECES_MAX = 128
/** One WebSocket message before `welcome`: strangers get little. */
export const HELLO_BYTES_MAX = 4_096
/** An HTTP body. Refused with 413 before it is parsed. */
export const BODY_BYTES_MAX = 2_097_152
/** Items a list answers by default, and at most. */
export const PAGE_ITEMS_DEFAULT = 50
export const PAGE_ITEMS_MAX = 200
/** The shortest repeat of a schedule. */
export const INTERVAL_SECONDS_MIN = 1
/** The longest: one year; anything rarer is a calendar's work, not an interval's. */
export const INTERVAL_SECONDS_MAX = 31_622_400
/** Labels of a client, and the characters of one. */
export const LABELS_MAX = 32
export const LABEL_CHARACTERS_MAX = 64
/** A cron expression: five fields with lists fit many times over. Longer ones are refused. */
export const CRON_CHARACTERS_MAX = 200
/** Runs that `catchUp: all` makes up for after one outage: the newest ones. Those before them are counted as missed. */
export const CATCH_UP_RUNS_MAX = 100
/** Times that a preview of a schedule answers by default, and at most. */
export const PREVIEW_TIMES_DEFAULT = 5
export const PREVIEW_TIMES_MAX = 100
/** Tasks that repeat. Creating one more is refused. */
export const SCHEDULES_MAX = 100_000
/** Executions a client runs side by side unless told otherwise, and at most. */
export const SLOTS_DEFAULT = 2
export const SLOTS_MAX = 64
/** Executions, results or chunks in one list message: keeps every message well below its byte limit. */
export const BATCH_ITEMS_MAX = 200
/** Attempts on one page of an inventory. */
export const INVENTORY_PAGE_ITEMS = 1_000
/** What a wish of the client for the heartbeat interval is clamped to. */
export const HEARTBEAT_MS_MIN = 1_000
export const HEARTBEAT_MS_MAX = 60_000
/** A task may run this long at most: 30 days. */
export const TIMEOUT_SECONDS_MAX = 2_592_000
export const TIMEOUT_SECONDS_DEFAULT = 3_600
/** The latest start after the due time: 30 days at most, one day unless told otherwise. */
export const DEADLINE_SECONDS_MAX = 2_592_000
export const DEADLINE_SECONDS_DEFAULT = 86_400
/** A repeating task's deadline is its next occurrence, but never less than this. */
export const DEADLINE_SECONDS_SCHEDULED_MIN = 60
/** Deleted tasks, plugins, clients and users can be restored for so long; then they are gone. */
export const RESTORE_DAYS = 30
/** Attempts of one execution, and the pause between two of them: one day at most. */
export const RETRY_ATTEMPTS_MAX = 100
export const RETRY_BACKOFF_SECONDS_MAX = 86_400
/** Who is handed out first where several wait; 0 unless told otherwise. Nobody needs more steps than a hundred each way. */
export const PRIORITY_MIN = -100
export const PRIORITY_MAX = 100
/** An `Idempotency-Key`: a UUID has 36 characters. Longer ones are refused. */
export const IDEMPOTENCY_KEY_CHARACTERS_MAX = 255
/** So long the first answer is given again: whoever repeats a request does it within minutes, or the next morning. */
export const IDEMPOTENCY_KEEP_MS = 86_400_000
/** Keys of one caller that are kept: more than one a second, all day. One more is refused, and its effect with it. */
export const IDEMPOTENCY_KEYS_MAX = 100_000
/** Targets of notifications: people and the systems that they watch, not PCs. One more is refused. */
export const TARGETS_MAX = 100
/** Tasks that one target may be limited to; who wants more means all. */
export const TARGET_TASKS_MAX = 200
/** Addresses of one e-mail target: a list server takes more. */
export const RECIPIENTS_MAX = 20
/** What a webhook is sent: a message of fifty notices is a third of it. Where names make it more, the last are only counted. */
export const WEBHOOK_BYTES_MAX = 65_536
