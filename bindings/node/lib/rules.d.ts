// The pure rules: they need no store. Single values at once, many on another thread.

/** When something repeats: RRULE text (RFC 5545, DAILY to YEARLY). */
export namespace recurrence {
  interface Series {
    /** `YYYY-MM-DDTHH:MM:SS` on the clock of `timezone`, or `YYYY-MM-DD` for all-day. */
    start: string
    /** IANA name; UTC by default. */
    timezone?: string
    /** None: a single event. */
    recurrence_rule?: string | null
    /** Instances that are left out, and extra ones: instants, or dates for all-day. */
    exdates?: string[]
    rdates?: string[]
  }
  interface Window {
    /** Inclusive; 1900 by default. */
    from?: Date | string
    /** Exclusive; 2200 by default. */
    to?: Date | string
    /** At most so many of each series: 1 to 1,000,000, by default 5000. */
    limit?: number
  }
  /** The canonical text of a rule, and the first instance at or after the start. */
  function parse(rule: string, series: { start: string; timezone?: string }): { recurrence_rule: string; series_start: string }
  /** The starts in the window, ascending: instants, or dates for all-day. */
  function expand(series: Series, window?: Window): { starts: string[]; truncated: boolean }
  /** Series i has starts[offsets[i]] to starts[offsets[i + 1] - 1], in milliseconds since 1970. */
  function expandMany(
    series: Series[],
    options?: Window & { threads?: number },
  ): Promise<{ offsets: Uint32Array; starts: Float64Array; truncated: Uint8Array }>
}

export namespace training {
  type Formula = 'auto' | 'brzycki' | 'epley' | 'oconner' | 'lombardi'
  interface OneRepMax {
    one_rep_max_g: number
    confidence: 'exact' | 'high' | 'medium' | 'low' | null
    counts_for_record: boolean
  }
  /** The estimated one-repetition maximum of a set, in whole grams; null where there is none. */
  function oneRepMax(set: { weight_g: number; reps: number; formula?: Formula }): OneRepMax | null
  /** The same for many sets: grams, 0 where there is none. `weight_g` holds whole grams. */
  function oneRepMaxMany(weight_g: Float64Array, reps: Int32Array, options?: { formula?: Formula }): Promise<Float64Array>
}

/** The focus timer as a state machine: each function is one transition of one session. */
export namespace focus {
  type Mode = 'focus' | 'break' | 'long_break'
  interface Session {
    mode: Mode
    duration_seconds: number
    status: 'active' | 'paused' | 'completed' | 'abandoned' | 'expired'
    started_at: string
    ends_at: string
    expires_at: string
    paused_at: string | null
    pause_count: number
    paused_total_us: number
    completed_at: string | null
    abandoned_at: string | null
    expired_at: string | null
    focused_seconds: number | null
    full_credit: boolean | null
    xp_awarded: number
    coins_awarded: number
  }
  interface Step {
    session: Session
    changed: boolean
    /** Why the transition did not take place. */
    refusal: 'no_live_session' | 'timer_finished' | 'session_active' | 'completed' | 'abandoned' | 'expired' | null
    reward_capped: boolean
  }
  interface Moment {
    now: Date | string
    /** Paid sessions of the same kind on the day, for complete(). */
    paid_before?: number
  }
  function start(session: { mode?: Mode; duration_seconds: number; now: Date | string }): Step
  /** A session whose time is over expires. */
  function settle(session: Session, moment: Moment): Step
  function pause(session: Session, moment: Moment): Step
  function resume(session: Session, moment: Moment): Step
  function complete(session: Session, moment: Moment): Step
  function abandon(session: Session, moment: Moment): Step
}

/** Spaced repetition by FSRS-6. */
export namespace fsrs {
  type Rating = 'again' | 'hard' | 'good' | 'easy'
  interface Card {
    id: string
    state: 'new' | 'learning' | 'review' | 'relearning'
    step: number
    stability: number | null
    difficulty: number | null
    due_at: string | null
    due_day: string | null
    scheduled_days: number
    lapses: number
    reps: number
    last_reviewed_at: string | null
    last_study_day: string | null
  }
  interface Outcome {
    card: Card
    elapsed_days: number
    retrievability: number | null
  }
  interface Settings {
    /** 17, 19 or 21 numbers. */
    parameters?: ArrayLike<number>
    desired_retention?: number
    maximum_interval_days?: number
    /** Minutes. */
    learning_steps?: number[]
    relearning_steps?: number[]
    fuzz?: boolean
    timezone?: string
    day_start_hour?: number
  }
  /** A card that has never been reviewed; its id, a UUID, decides the fuzz. */
  function newCard(id: string): Card
  class Scheduler {
    constructor(settings?: Settings)
    review(card: Card, rating: Rating, at: Date | string): Outcome
    preview(card: Card, at: Date | string): Record<Rating, Outcome>
    /** Probabilities of recall so many study days after the last review; one number of days, or one for each card. */
    retrievabilityMany(stability: Float64Array, elapsedDays: Int32Array, options?: { threads?: number }): Promise<Float64Array>
  }
  /** The reviews of N cards, card after card: card i has the reviews offsets[i] to offsets[i + 1]. */
  interface Histories {
    offsets: Int32Array
    /** 1 (again) to 4 (easy). */
    ratings: Uint8Array
    /** Study days since the card's previous review; 0 of its first. */
    elapsedDays: Int32Array
    /** Milliseconds since 1970. */
    reviewedAt: Float64Array
  }
  interface OptimizeOptions {
    threads?: number
    shortTerm?: boolean
    relearningSteps?: number
    maxItems?: number
    onProgress?: (done: { step: number; steps: number }) => void
    /** Ends the work; the promise is rejected with the signal's reason. */
    signal?: AbortSignal
  }
  /** Fits the parameters to histories. */
  function optimize(
    histories: Histories,
    options?: OptimizeOptions,
  ): Promise<{ stage: 'default' | 'initial' | 'trained'; parameters: Float64Array; items: number; items_used: number }>
}
