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

  /** Whatever else an event has, by name: texts, or null for explicitly nothing. */
  type Fields = Record<string, string | null>
  /** Of a single instance, named by its start as in the series. */
  interface Override {
    recurrence_id: string
    start?: string | null
    duration_seconds?: number | null
    fields?: Fields | null
    completed_at?: string | null
  }
  /** A series, or a single event, with what it carries along. */
  interface Event extends Series {
    duration_seconds?: number
    fields?: Fields | null
    /** Ascending. */
    overrides?: Override[]
    completed_at?: string | null
  }
  interface Patch {
    /** Of the addressed instance: instants, of an all-day series dates. */
    start?: Date | string
    end?: Date | string
    timezone?: string
    all_day?: boolean
    /** Null makes it a single event. */
    recurrence_rule?: string | null
    exdates?: string[]
    rdates?: string[]
    fields?: Fields
  }
  /** Changes one instance, it and those that follow, or all; without `patch`, removes them. */
  function edit(change: {
    event: Event
    scope: 'this' | 'following' | 'all'
    occurrence?: string | null
    patch?: Patch | null
  }): {
    /** Null: nothing is left. */
    event: Event | null
    /** The new series of what follows. */
    created: Event | null
    /** Completed instances that fell out of the series. */
    kept: Event[]
    dropped_exceptions: number
  }
  /** The instances that overlap the window, by start; all-day ones begin where they do in `timezone`. */
  function occurrences(listing: { event: Event; timezone?: string } & Window): {
    occurrences: { recurrence_id: string; start: string; end: string; is_exception: boolean; fields: Fields }[]
  }
  interface CalendarEvent {
    uid: string
    title: string
    description: string | null
    location: string | null
    /** `#rrggbb` */
    color: string | null
    event_type: string
    status: 'confirmed' | 'tentative' | 'cancelled'
    busy: boolean
    reminder_minutes: number | null
    all_day: boolean
    start: string
    /** Exclusive. */
    end: string | null
    timezone: string | null
    recurrence_rule: string | null
    exdates: string[]
    rdates: string[]
    /** What differs in an instance; what is null is inherited, unless `cleared` names it. */
    overrides: (Partial<Omit<CalendarEvent, 'overrides'>> & { recurrence_id: string; cleared: string[] })[]
    sequence: number
    completed_at: string | null
  }
  /** The events of a calendar's text (RFC 5545); floating times are read in `timezone`. */
  function readCalendar(file: { ics: string; timezone?: string; stored_uids?: string[] }): {
    events: CalendarEvent[]
    cancelled_uids: string[]
    /** Of series in `stored_uids`. */
    instances: { uid: string; recurrence_id: string; cancelled: boolean; event: CalendarEvent }[]
    skipped: { uid: string; reason: string }[]
    ignored_components: number
  }
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

  type Unit = 'kg' | 'lb'
  type DistanceUnit = 'm' | 'km' | 'mi' | 'yd' | 'ft'
  /** The load in grams for 1 to 15 repetitions; null for more. */
  function loadForReps(of: { one_rep_max_g: number; reps: number }): number | null
  /** Hundredths of a percent of a maximum, rounded to plates, in grams. `step_x100`: hundredths of the unit, 250 by default. */
  function percentLoad(of: { one_rep_max_g: number; percent_x100: number; unit?: Unit; step_x100?: number }): number
  /** The nearest multiple of the step, in grams. */
  function roundLoad(load: { weight_g: number; unit?: Unit; step_x100?: number }): number
  /** Hundredths of a pound in grams, and back. */
  function gramsOfPounds(load: { weight_lb_x100: number }): number
  function poundsOfGrams(load: { weight_g: number }): number
  /** A target such as `8-12`, `8+`, `amrap`, `30s`. */
  function parseReps(target: { text: string }): {
    reps_min: number | null
    reps_max: number | null
    amrap: boolean
    duration_seconds: number | null
    text: string | null
  }
  /** A target such as `62,5`, `135 lb`, `75%`, `rpe 8`, `bw+10kg`; `unit` where none is written, kg by default. */
  function parseLoad(target: { text: string; unit?: Unit }): {
    weight_g: number | null
    percent_x100: number | null
    rpe_x2: number | null
  }
  /** A decimal number in a unit, in grams or millimetres. */
  function parseWeight(number: { text: string; unit?: Unit }): number
  function parseDistance(number: { text: string; unit: DistanceUnit }): number
  /** Four phases in their canonical form, such as `3-1-X-0`. */
  function parseTempo(tempo: { text: string }): string
  /** A time such as `1h 5m` or `0:01:30`, in seconds. */
  function parseDuration(time: { text: string }): number
  /** A time as files of other programs have it, as an instant. */
  function parseLocalTime(time: { text: string; timezone?: string }): string

  interface PlannedSection {
    /** 'main' by default. */
    section_type?: 'warmup' | 'main' | 'cooldown' | 'superset' | 'circuit'
    /** Of a circuit. */
    rounds?: number
    rest_seconds?: number | null
    exercises?: {
      target_sets?: number
      rest_seconds?: number | null
      default_rest_seconds?: number | null
      superset_group?: number | null
      target_duration_seconds?: number | null
      reps_min?: number | null
      reps_max?: number | null
      amrap?: boolean
    }[]
  }
  /** The sets of a planned workout in their order; `section` and `exercise` are places, `rest_after` seconds. */
  function setOrder(workout: { sections: PlannedSection[]; default_rest_seconds?: number }): {
    sets: { section: number; exercise: number; set: number; rest_after: number; is_warmup: boolean }[]
    estimated_minutes: number
  }

  type Format = 'hevy' | 'strong' | 'fitnotes'
  /** An exercise that names in a file may mean. */
  interface KnownExercise {
    key: string
    names?: string[]
    export_name?: string
    /** Its load helps: files write it positive. */
    is_assisted?: boolean
  }
  interface LoggedSet {
    position: number
    /** The key of a known exercise, or the name of a new one. */
    exercise: string
    set_number?: number
    weight_g?: number | null
    reps?: number | null
    duration_seconds?: number | null
    distance_mm?: number | null
    rpe_x2?: number | null
    is_warmup?: boolean
    is_dropset?: boolean
    is_failure?: boolean
    superset_group?: number | null
    notes?: string | null
  }
  interface LoggedSession {
    title: string
    started_at: Date | string
    local_date?: string | null
    duration_seconds?: number | null
    notes?: string | null
    sets: LoggedSet[]
    import_key?: string | null
  }
  /** A training log of another program; `skipped` and `errors` name lines. */
  function readCsv(file: {
    csv: string
    timezone?: string
    day_start_hour?: number
    weight_unit?: Unit
    distance_unit?: DistanceUnit | null
    format?: Format | null
    exercises?: KnownExercise[]
  }): {
    format: Format
    sessions: (LoggedSession & { started_at: string; local_date: string; import_key: string })[]
    new_exercises: { name: string; measured_by: MeasuredBy }[]
    skipped: { line: number; reason: string }[]
    errors: { line: number; reason: string }[]
  }
  /** Sessions as readCsv() gives them, one row per set. */
  function writeCsv(log: {
    sessions: LoggedSession[]
    format?: Format
    timezone?: string
    weight_unit?: Unit
    exercises?: KnownExercise[]
  }): string

  type MeasuredBy = 'weight_reps' | 'reps' | 'duration' | 'distance_duration'
  type LoadMode = 'external' | 'bodyweight'
  interface Measured {
    weight_g?: number | null
    reps?: number | null
    duration_seconds?: number | null
    distance_mm?: number | null
    is_warmup?: boolean | null
  }
  interface RecordSession {
    id: string
    started_at: Date | string
    /** 'completed' by default. */
    status?: 'in_progress' | 'completed' | 'abandoned' | null
    bodyweight_g?: number | null
  }
  interface RecordSet extends Measured {
    id: string
    session_id: string
    /** Within the session. */
    position?: number
    performed_at: Date | string
  }
  type RecordType =
    | 'max_weight'
    | 'estimated_1rm'
    | 'max_set_volume'
    | 'max_reps_at_weight'
    | 'max_session_volume'
    | 'max_reps'
    | 'max_distance'
    | 'max_duration'
    | 'best_pace'
  /** Values: grams, gram-repetitions, repetitions, millimetres, seconds, milliseconds per kilometre (less is better). */
  interface RecordEvent {
    record_type: RecordType
    /** Of max_reps_at_weight. */
    bucket_weight_g: number | null
    value: number
    set_id: string
    session_id: string
    achieved_at: string
    previous_value: number | null
    /** Nothing comparable in an earlier session. */
    is_baseline: boolean
  }
  interface RecordImprovement {
    record_type: RecordType
    bucket_weight_g: number | null
    value: number
    previous_value: number
    improvement: number
    set_id: string
  }
  interface PersonalRecords {
    /** By type, then weight. */
    current: RecordEvent[]
    /** In the order of the sets. */
    events: RecordEvent[]
    /** Of completed sessions with an improvement. */
    summaries: { session_id: string; records: RecordImprovement[] }[]
  }
  /** Replays all sets of one exercise, given in any order. */
  function personalRecords(exercise: {
    measured_by?: MeasuredBy
    load_mode?: LoadMode
    sessions: RecordSession[]
    sets: RecordSet[]
  }): PersonalRecords

  interface TrainedExercise {
    /** What sets call it. */
    key: string
    measured_by?: MeasuredBy
    load_mode?: LoadMode
    primary_muscles?: string[]
    secondary_muscles?: string[]
  }
  interface TrainedSet extends Measured {
    exercise: string
    /** Of the session. */
    bodyweight_g?: number | null
  }
  interface Volume {
    totals: {
      sets_logged: number
      working_sets: number
      total_reps: number
      /** Gram-repetitions. */
      volume_g: number
      distance_mm: number
      duration_seconds: number
      exercises: number
      muscles: string[]
    }
    /** By name; `sets_x2` counts a set twice for a primary muscle and once for a secondary one. */
    muscles: { muscle: string; direct_sets: number; sets_x2: number; volume_g: number }[]
  }
  /** Totals of the sets of completed sessions, and their volume by muscle. */
  function volume(training: { exercises: TrainedExercise[]; sets: TrainedSet[] }): Volume
  interface Streaks {
    week_streak: number
    longest_week_streak: number
    day_streak: number
    this_week: number
    goal_met: boolean
  }
  /** `session_dates`: one local date per completed session, in any order. */
  function streaks(training: {
    session_dates: string[]
    today: string
    /** Sessions a week, 1 to 100. */
    weekly_goal: number
    week_start?: 'monday' | 'sunday' | 'saturday'
  }): Streaks

  interface Program {
    /** 'calendar': days have dates; 'rotation': one day after the other, whenever one trains. */
    mode: 'calendar' | 'rotation'
    /** 1 to 52. */
    weeks: {
      is_deload?: boolean
      /** Ten-thousandths; without one 10,000, in a deload week 7000. */
      intensity_bp?: number | null
      days?: {
        id: string
        /** 1 (Monday) to 7; of a calendar program. */
        weekday?: number | null
        /** Its place in the list by default. */
        order_index?: number
        intensity_bp?: number
      }[]
    }[]
    repeat?: boolean
    /** 0 to 6, by default 2. */
    catch_up_days?: number
    /** 0 to 6, by default 0. */
    min_rest_days?: number
    /** 1 to 7, by default 3. */
    days_per_week?: number
  }
  interface Run {
    status: 'active' | 'paused' | 'completed' | 'stopped'
    started_on: string
    offset_days?: number
    paused_on?: string | null
  }
  /** What became of one program day in one cycle of the run. */
  interface SlotLog {
    cycle: number
    day_id: string
    status: 'done' | 'skipped'
    on: string
  }
  interface NextSession {
    state: 'not_active' | 'due' | 'overdue' | 'upcoming' | 'paused' | 'finished'
    /** Null when not active or finished. */
    slot: {
      cycle: number
      week_number: number
      day_id: string
      day_number: number
      scheduled_on: string | null
      suggested_on: string | null
      is_deload: boolean
      /** Week times day. */
      intensity_bp: number
      /** Other days that can still be caught up. */
      overdue: string[]
    } | null
    missed: number
  }
  /** What to train next on the local date `today`. */
  function programNext(training: { program: Program; run?: Run | null; log?: SlotLog[]; today: string }): NextSession
  interface Adherence {
    due: number
    done: number
    skipped: number
    /** Of a calendar program. */
    on_time: number | null
    /** Tenths of a percent; null when nothing was due. */
    adherence_pct_x10: number | null
  }
  /** How much of the plan was kept. */
  function programAdherence(training: { program: Program; run: Run; log?: SlotLog[]; today: string }): Adherence

  interface ProgressionRule {
    type: 'none' | 'linear' | 'double' | 'percent'
    sets?: number
    /** Of 'linear' and 'percent'. */
    reps?: number
    /** Of 'double'. */
    reps_min?: number
    reps_max?: number
    increment_g?: number
    /** The smallest step of the load in hundredths of the unit. */
    step_x100?: number
    unit?: 'kg' | 'lb'
    successes_before_increase?: number
    failures_before_deload?: number
    deload_to_percent?: number
    /** Hundredths of a percent. */
    percent_by_week?: number[]
  }
  interface ProgressionState {
    weight_g?: number | null
    reps?: number | null
    training_max_g?: number
    successes?: number
    failures?: number
  }
  type ProgressionOutcome = 'neutral' | 'baseline' | 'success' | 'increase' | 'more_reps' | 'hold' | 'fail' | 'deload'
  /** How loads go on after one session of an exercise. */
  function progress(
    rule: ProgressionRule,
    state: ProgressionState,
    session: {
      sets?: { weight_g: number; reps: number; is_warmup?: boolean }[]
      is_deload?: boolean
      prescribed_weight_g?: number | null
    },
  ): { state: Required<ProgressionState>; outcome: ProgressionOutcome }
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
  type Period = 'day' | 'week' | 'month' | 'year' | 'all'
  interface Stats {
    period: Period
    from: string | null
    to: string | null
    completed_sessions: number
    completed_focus_sessions: number
    abandoned_sessions: number
    expired_sessions: number
    total_sessions: number
    total_focus_seconds: number
    total_break_seconds: number
    total_xp_earned: number
    total_coins_earned: number
    average_focus_seconds: number
    completion_percent: number
    current_streak_days: number
    longest_streak_days: number
    /** Of weeks and months. */
    by_day: { date: string; focus_seconds: number; focus_sessions: number }[] | null
  }
  /** Statistics of the period that contains `date`, by default today; sessions that have not ended do not count. */
  function stats(history: {
    sessions: {
      mode?: Mode
      status: Session['status']
      ended_at?: Date | string | null
      focused_seconds?: number
      full_credit?: boolean
      xp_awarded?: number
      coins_awarded?: number
    }[]
    period?: Period
    date?: string
    now: Date | string
    timezone?: string
    day_start_hour?: number
    week_start?: 'monday' | 'sunday' | 'saturday'
  }): Stats
}

/** The order of siblings in a list: by position, then id. */
export namespace lists {
  interface Item {
    id: string
    position: number
  }
  /** The position behind all others. */
  function append(list: { siblings: Item[] }): number
  /** Puts an item before or after another one, or at an end: one of the three. `changes` are items with new positions. */
  function move(change: { siblings: Item[]; id: string; before_id?: string; after_id?: string; to?: 'top' | 'bottom' }): {
    outcome: 'unchanged' | 'moved' | 'rebalanced' | 'unknown' | 'itself'
    changes: Item[]
  }
  /** Gives the siblings a whole new order. */
  function reorder(change: { siblings: Item[]; ids: string[] }): {
    outcome: 'unchanged' | 'reordered' | 'repeated' | 'differs'
    changes: Item[]
    missing: string[]
    unknown: string[]
  }
}

/** XP and levels. */
export namespace levels {
  /** The level of so much lifetime XP, 0 to 10^12. */
  function state(of: { total_xp: number }): {
    level: number
    total_xp: number
    xp_into_level: number
    xp_level_size: number
    xp_remaining: number
    level_progress_percent: number
  }
}

/** How long somebody has kept to a cadence. */
export namespace streaks {
  /** What is asked for from a date on, until the next one begins; the first holds for the time before it, too. */
  interface Cadence {
    from?: string
    frequency: 'daily' | 'weekly' | 'custom'
    /** Of custom: 1 (Monday) to 7. */
    days?: number[]
    /** Of weekly: 1 to 7, by default 1. */
    per_week?: number
  }
  /** Daily without `cadences`. A shield, by the date from which it is held, saves a missed date; neutral dates count nothing. */
  function walk(deeds: {
    done: string[]
    today: string
    cadences?: Cadence[]
    week_start?: 'monday' | 'sunday' | 'saturday'
    shields?: string[]
    neutral?: string[]
  }): {
    current: number
    longest: number
    breaks: number
    unit: 'day' | 'week'
    status: 'none' | 'active' | 'at_risk' | 'broken'
    last_broken_on: string | null
    run_start: string | null
    last_done: string | null
    shields_left: number
    /** Oldest first; of weeks the first days. */
    runs: { start: string; end: string; length: number }[]
  }
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
  /** What decides when a card is shown; a Card goes, too. */
  interface QueueCard extends Pick<Card, 'id' | 'state'>, Partial<Omit<Card, 'id' | 'state' | 'due_at'>> {
    due_at?: Date | string | null
    buried_on?: string | null
    /** Siblings share a note, or have none and share a concept. */
    note_id?: string | null
    concept_id?: string | null
    deck_id?: string | null
    /** Of the deck; without a deck, of the topic. */
    sort_order?: number | null
    ordinal?: number | null
    created_at?: Date | string | null
  }
  interface QueueOptions {
    now: Date | string
    /** At most so many cards, by default 100. */
    limit?: number
    settings?: {
      reviews_per_day?: number
      new_cards_per_day?: number
      new_ignores_review_limit?: boolean
      new_review_order?: 'mix' | 'new_first' | 'review_first'
      review_order?: 'due_day' | 'retrievability'
      bury_new_siblings?: boolean
      bury_review_siblings?: boolean
      learn_ahead_minutes?: number
    }
    /** Today, up to now. */
    reviews_done?: number
    introduced_today?: number
    decks?: { deck_id: string; new_cards_per_day: number; introduced_today?: number }[]
  }
  interface Queue {
    /** `index` is the card's place among those given. */
    cards: { index: number; id: string; pool: 'learning' | 'review' | 'new' }[]
    /** After the day's limits, before that of the call. */
    counts: { learning: number; review: number; new: number }
    next_learning_due_at: string | null
  }
  class Scheduler {
    constructor(settings?: Settings)
    review(card: Card, rating: Rating, at: Date | string): Outcome
    preview(card: Card, at: Date | string): Record<Rating, Outcome>
    /** Probability of recall on the study day of `at`; null of a new card. */
    retrievability(card: Card, at: Date | string): number | null
    /** The memory of a card of which only interval (days) and ease of SM-2 are known; `retention` is 0.9 by default. */
    fromSm2(card: { interval_days: number; ease_factor: number; retention?: number }): { stability: number; difficulty: number }
    /** Which cards come next on the study day of `now`. */
    queue(cards: QueueCard[], options: QueueOptions): Queue
    /** One answer for each card: what review() says, bit for bit. */
    reviewMany(cards: Cards, answers: Answers, options?: { threads?: number }): Promise<Outcomes>
    /** What whole histories lead to; `reviewedAt` is not read. */
    replayMany(histories: Omit<Histories, 'reviewedAt'>, options?: { threads?: number }): Promise<Replay>
    /** Probabilities of recall so many study days after the last review; one number of days, or one for each card. */
    retrievabilityMany(stability: Float64Array, elapsedDays: Int32Array, options?: { threads?: number }): Promise<Float64Array>
    /** Whole days until cards of these stabilities are asked again, without fuzz. */
    intervalsMany(stability: Float64Array, options?: { threads?: number }): Promise<Int32Array>
  }
  /** What days hold where there is none. */
  const NO_DAY: number
  /** N cards as columns, each of N elements. Of new cards only state, lapses and reps are read. */
  interface Cards {
    /** 0 new, 1 learning, 2 review, 3 relearning. */
    state: Uint8Array
    step: Int32Array
    /** Days. */
    stability: Float64Array
    difficulty: Float64Array
    /** Milliseconds since 1970; NaN for none. */
    last_reviewed_at: Float64Array
    /** Days since 1970-01-01; NO_DAY for none. */
    last_study_day: Int32Array
    lapses: Int32Array
    reps: Int32Array
    /** 16 bytes for each card; only a scheduler that fuzzes needs them. */
    ids?: Uint8Array
  }
  /** `count` cards that have never been reviewed. */
  function newCards(count: number, ids?: Uint8Array): Cards
  interface Answers {
    /** 1 (again) to 4 (easy). */
    ratings: Uint8Array
    /** Milliseconds since 1970: one for each card, or one for all. */
    at: Float64Array
  }
  interface Outcomes {
    /** Ready for the next answers. */
    cards: Cards & {
      /** Milliseconds since 1970. */
      due_at: Float64Array
      /** Days since 1970-01-01; NO_DAY unless the card is in review. */
      due_day: Int32Array
      scheduled_days: Int32Array
    }
    elapsed_days: Int32Array
    /** Before the answer; NaN of new cards. */
    retrievability: Float64Array
  }
  /** The first two have one element per card, NaN where it has no review; the others one per review. */
  interface Replay {
    stability: Float64Array
    difficulty: Float64Array
    review_stability: Float64Array
    review_difficulty: Float64Array
    /** Before the review; NaN of a card's first. */
    review_retrievability: Float64Array
  }
  /** Among which whole days fuzz chooses, and where in them (0 to 1); null when the interval is too short. */
  function fuzz(review: {
    id: string
    /** With this review. */
    reps: number
    interval_days: number
    /** Since the previous review, 0 by default. */
    elapsed_days?: number
    maximum_interval_days?: number
  }): { factor: number; lowest: number | null; highest: number | null }
  /** Cards on the day they come back: `due` is the study day; overdue ones come today, buried ones not before tomorrow. */
  function forecast(
    cards: { state: 'learning' | 'review' | 'relearning'; due: string; buried?: boolean }[],
    /** 1 to 365 days, by default 30. */
    options: { today: string; days?: number },
  ): { date: string; review: number; learning: number; cumulative: number }[]
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
  /** How well parameters, by default the default ones, predict histories. */
  function evaluate(
    histories: Histories,
    options?: { parameters?: ArrayLike<number>; threads?: number; maxItems?: number },
  ): Promise<{ log_loss: number; rmse_bins: number; items: number }>
}

/** Spaced repetition by SM-2. */
export namespace sm2 {
  interface Card {
    /** Not rounded. */
    interval_days: number
    ease_factor: number
    lapses: number
  }
  /** A card that has never been reviewed. */
  function newCard(): Card
  function review(card: Card, rating: fsrs.Rating): { card: Card; due_in_days: number }
  interface Cards {
    interval_days: Float64Array
    ease_factor: Float64Array
    lapses: Int32Array
  }
  /** One answer, 1 (again) to 4 (easy), for each card: what review() says, bit for bit. */
  function reviewMany(
    cards: Cards,
    ratings: Uint8Array,
    options?: { threads?: number },
  ): Promise<{ cards: Cards; due_in_days: Int32Array }>
}
