import type { Calls, ErrorCode, Operations } from './operations'

export * from './operations'
export * as rules from './rules'

export interface CallOptions {
  /** The same key is answered again, not run again. */
  idempotencyKey?: string
}

export interface AnswerOptions extends CallOptions {
  /** The entity tag of an output that is known already. */
  ifNoneMatch?: string
}

/** An output with what else was said about it. */
export interface Answer<Output> {
  /** null when `notModified`. */
  output: Output
  /** As HTTP would say it. */
  status: number
  /** For `ifNoneMatch` of a later call; null for operations without one. */
  etag: string | null
  /** The caller holds this output already. */
  notModified: boolean
  /** The idempotency key was known: nothing was done again. */
  replayed: boolean
}

/** The arguments after an operation's name: an input that has no required field may be left out. */
type Arguments<Name extends keyof Calls, Options> = {} extends Calls[Name]['input']
  ? [input?: Calls[Name]['input'], options?: Options]
  : [input: Calls[Name]['input'], options?: Options]

export interface Caller extends Operations {}
/** Operations on behalf of somebody: `caller.focus.start({...})`, or by name `caller.call('focus.start', {...})`. */
export class Caller {
  protected constructor()
  /** Runs an operation by its name. */
  call<Name extends keyof Calls>(operation: Name, ...more: Arguments<Name, CallOptions>): Promise<Calls[Name]['output']>
  /** As call(), but answers the JSON text, which need not be parsed to be passed on. */
  json<Name extends keyof Calls>(operation: Name, ...more: Arguments<Name, CallOptions>): Promise<string>
  /** As call(), but tells the entity tag, and spares an output that the caller holds already. */
  answer<Name extends keyof Calls>(
    operation: Name,
    ...more: Arguments<Name, CallOptions>
  ): Promise<Answer<Calls[Name]['output']>>
  answer<Name extends keyof Calls>(
    operation: Name,
    ...more: Arguments<Name, AnswerOptions>
  ): Promise<Answer<Calls[Name]['output'] | null>>
}

/** Operations on behalf of a user. */
export class User extends Caller {
  readonly id: string
}

/** An open store; itself a caller for system operations. */
export class Ignition extends Caller {
  /** The operations of a user. An unknown user is UNAUTHORIZED when something is called. */
  asUser(id: string): User
  /** Sets the clock of a store that was opened with `now`. */
  setNow(now: Date | string): void
  readonly closed: boolean
  /** Closes the store after the calls under way; later ones are UNAVAILABLE with the reason `closed`. */
  close(): Promise<void>
}

export interface OpenOptions {
  /** A clock that stands until setNow(): for tests and replays. */
  now?: Date | string
  /** Makes ids deterministic: for tests and replays. */
  seed?: number
  /** Configuration by the names of the environment variables. */
  settings?: Record<string, string | number | boolean>
  /** false leaves the schema alone. */
  migrate?: boolean
}

/** Opens a store such as `sqlite:life.db` or `sqlite:///absolute/path`, making and migrating it where needed. */
export function open(url: string, options?: OpenOptions): Promise<Ignition>

/** An operation was refused: `message` is for people, the rest for programs. */
export class IgnitionError extends Error {
  constructor(code: ErrorCode, message: string, details?: Record<string, any>)
  readonly code: ErrorCode
  readonly details: Record<string, any>
  /** A stable word, or null. */
  readonly reason: string | null
  /** The refused fields of the input. */
  readonly fields: Array<{ field: string; code: string; message: string }>
  toJSON(): { code: ErrorCode; message: string; details: Record<string, any> }
}

/** The id of the one user of single-user mode. */
export const LOCAL_USER: string
export const version: string
