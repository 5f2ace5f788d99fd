'use strict'

const addon = require('./addon.js')
const { IgnitionError, refuse, textOf, toJson } = require('./values.js')

const native = addon.rules

/** Runs `work`; what the library refuses is thrown as an IgnitionError. */
function refusing(work) {
  try {
    return work()
  } catch (thrown) {
    throw IgnitionError.of(thrown)
  }
}

/** As refusing(), for promises. */
async function promising(work) {
  try {
    return await work()
  } catch (thrown) {
    throw IgnitionError.of(thrown)
  }
}

function call(name, input) {
  return refusing(() => JSON.parse(native.call(name, toJson(input))))
}

function objectOf(value, field) {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object') refuse(field, 'wrong_type', 'must be an object')
  return value
}

/** `given` with what it leaves out. A member that is undefined is left out. */
function filled(defaults, given, field) {
  const all = { ...defaults }
  for (const [name, value] of Object.entries(objectOf(given, field))) {
    if (value !== undefined) all[name] = value
  }
  return all
}

/** `list` with what its elements leave out. */
function filledAll(defaults, list, field) {
  if (!Array.isArray(list)) refuse(field, 'wrong_type', 'must be an array')
  return list.map((one, i) => filled(defaults, one, `${field}[${i}]`))
}

/** An instant as ISO 8601 text. */
function instant(value, field) {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) refuse(field, 'invalid_format', 'must be a valid date')
    return value.toISOString()
  }
  return textOf(value, field)
}

const LONG_AGO = '1900-01-01T00:00:00Z'
const FAR_AHEAD = '2200-01-01T00:00:00Z'

function seriesOf(series) {
  const { start, timezone = 'UTC', recurrence_rule = '', exdates = [], rdates = [] } = objectOf(series, 'series')
  return { start, timezone, recurrence_rule: recurrence_rule ?? '', exdates, rdates }
}

function expansionOf(series, options) {
  const { from = LONG_AGO, to = FAR_AHEAD, limit = 5000, threads = 1 } = objectOf(options, 'options')
  return { series: series.map(seriesOf), from: instant(from, 'from'), to: instant(to, 'to'), limit, threads }
}

const recurrence = {
  parse(rule, { start, timezone = 'UTC' } = {}) {
    return call('recurrence.parse', { start, timezone, recurrence_rule: textOf(rule, 'recurrence_rule'), exdates: [], rdates: [] })
  },

  expand(series, options) {
    return call('recurrence.expand', expansionOf([series], options))
  },

  expandMany(series, options) {
    return promising(async () => {
      if (!Array.isArray(series)) refuse('series', 'wrong_type', 'must be an array')
      const [offsets, starts, truncated] = await native.expandMany(toJson(expansionOf(series, options)))
      return { offsets, starts, truncated }
    })
  },
}

function programOf(program) {
  const whole = filled({ repeat: false, catch_up_days: 2, min_rest_days: 0, days_per_week: 3 }, program, 'program')
  const weeks = filledAll({ is_deload: false, days: [] }, whole.weeks, 'program.weeks')
  return {
    ...whole,
    weeks: weeks.map((week, i) => ({
      ...week,
      days: filledAll({ intensity_bp: 10_000 }, week.days, `program.weeks[${i}].days`)
        .map((day, place) => ({ order_index: place, ...day })),
    })),
  }
}

function programCall(name) {
  return ({ program, run = null, log = [], today } = {}) =>
    call(name, { program: programOf(program), run: run && filled({ offset_days: 0 }, run, 'run'), log, today })
}

const PROGRESSION = {
  sets: 1,
  reps: 1,
  reps_min: 1,
  reps_max: 1,
  increment_g: 0,
  step_x100: 250,
  unit: 'kg',
  successes_before_increase: 1,
  failures_before_deload: 3,
  deload_to_percent: 90,
  percent_by_week: [],
}

const training = {
  oneRepMax({ weight_g, reps, formula = 'auto' } = {}) {
    return call('training.one_rep_max', { weight_g, reps, formula })
  },

  oneRepMaxMany(weight_g, reps, { formula = 'auto' } = {}) {
    return promising(() => native.oneRepMaxMany(weight_g, reps, formula))
  },

  personalRecords({ measured_by = 'weight_reps', load_mode = 'external', sessions, sets } = {}) {
    return call('training.personal_records', { measured_by, load_mode, sessions, sets: filledAll({ position: 0 }, sets, 'sets') })
  },

  volume({ exercises, sets } = {}) {
    const kind = { measured_by: 'weight_reps', load_mode: 'external', primary_muscles: [], secondary_muscles: [] }
    return call('training.volume', { exercises: filledAll(kind, exercises, 'exercises'), sets })
  },

  streaks({ session_dates, today, weekly_goal, week_start = 'monday' } = {}) {
    return call('training.streaks', { session_dates, today, weekly_goal, week_start })
  },

  programNext: programCall('training.program_next'),
  programAdherence: programCall('training.program_adherence'),

  progress(rule, state, { sets = [], is_deload = false, prescribed_weight_g = null } = {}) {
    return call('training.progress', {
      rule: filled(PROGRESSION, rule, 'rule'),
      state: filled({ training_max_g: 0, successes: 0, failures: 0 }, state, 'state'),
      session: { sets: filledAll({ is_warmup: false }, sets, 'session.sets'), is_deload, prescribed_weight_g },
    })
  },
}

function transition(name) {
  return (session, { now, paid_before = 0 } = {}) => call(`focus.${name}`, { session, paid_before, now: instant(now, 'now') })
}

const focus = {
  start({ mode = 'focus', duration_seconds, now } = {}) {
    return call('focus.start', { mode, duration_seconds, now: instant(now, 'now') })
  },
  settle: transition('settle'),
  pause: transition('pause'),
  resume: transition('resume'),
  complete: transition('complete'),
  abandon: transition('abandon'),
}

const SETTINGS = {
  parameters: [],
  desired_retention: 0.9,
  maximum_interval_days: 36500,
  learning_steps: [1, 10],
  relearning_steps: [10],
  fuzz: true,
  timezone: 'UTC',
  day_start_hour: 0,
}

const QUEUE_SETTINGS = {
  reviews_per_day: 200,
  new_cards_per_day: 10,
  new_ignores_review_limit: false,
  new_review_order: 'mix',
  review_order: 'due_day',
  bury_new_siblings: true,
  bury_review_siblings: true,
  learn_ahead_minutes: 20,
}

// Of a card's members only those that decide when it is shown.
const QUEUED = [
  'id', 'state', 'due_at', 'due_day', 'buried_on', 'stability', 'last_study_day', 'note_id', 'concept_id', 'deck_id',
  'sort_order', 'ordinal', 'created_at',
]
const queueCard = (card) => Object.fromEntries(QUEUED.map((name) => [name, card[name]]))

class Scheduler {
  #handle

  constructor(settings) {
    const given = filled(SETTINGS, settings, 'settings')
    if (ArrayBuffer.isView(given.parameters)) given.parameters = Array.from(given.parameters)
    this.#handle = refusing(() => native.scheduler(toJson(given)))
  }

  review(card, rating, at) {
    const input = toJson({ card, rating, at: instant(at, 'at') })
    return refusing(() => JSON.parse(native.review(this.#handle, input)))
  }

  preview(card, at) {
    const input = toJson({ card, rating: 'good', at: instant(at, 'at') })
    const [again, hard, good, easy] = refusing(() => JSON.parse(native.preview(this.#handle, input)))
    return { again, hard, good, easy }
  }

  retrievability(card, at) {
    const input = toJson({ card, at: instant(at, 'at') })
    return refusing(() => JSON.parse(native.retrievability(this.#handle, input)))
  }

  fromSm2({ interval_days, ease_factor, retention = 0.9 } = {}) {
    const input = toJson({ interval_days, ease_factor, retention })
    return refusing(() => JSON.parse(native.fromSm2(this.#handle, input)))
  }

  queue(cards, { now, limit = 100, settings, reviews_done = 0, introduced_today = 0, decks = [] } = {}) {
    const input = toJson({
      cards: filledAll({}, cards, 'cards').map(queueCard),
      settings: filled(QUEUE_SETTINGS, settings, 'settings'),
      now: instant(now, 'now'),
      reviews_done,
      introduced_today,
      decks: filledAll({ introduced_today: 0 }, decks, 'decks'),
      limit,
    })
    return refusing(() => JSON.parse(native.queue(this.#handle, input)))
  }

  reviewMany(cards, answers, { threads = 1 } = {}) {
    return promising(async () => {
      const before = objectOf(cards, 'cards')
      const given = objectOf(answers, 'answers')
      const at = given.at instanceof Float64Array ? given.at.slice() : given.at
      const outcomes = await native.reviewMany(this.#handle, before, { ...given, at }, threads)
      const { elapsed_days, retrievability, ...after } = outcomes
      const count = after.state.length
      after.last_reviewed_at = at.length === count ? at : new Float64Array(count).fill(at[0])
      if (before.ids !== undefined) after.ids = before.ids
      return { cards: after, elapsed_days, retrievability }
    })
  }

  replayMany(histories, { threads = 1 } = {}) {
    return promising(async () => native.replayMany(this.#handle, objectOf(histories, 'histories'), threads))
  }

  retrievabilityMany(stability, elapsedDays, { threads = 1 } = {}) {
    return promising(() => native.retrievabilityMany(this.#handle, stability, elapsedDays, threads))
  }

  intervalsMany(stability, { threads = 1 } = {}) {
    return promising(() => native.intervalsMany(this.#handle, stability, threads))
  }
}

/** A card that has never been reviewed. */
function newCard(id) {
  return {
    id: textOf(id, 'id'),
    state: 'new',
    step: 0,
    stability: null,
    difficulty: null,
    due_at: null,
    due_day: null,
    scheduled_days: 0,
    lapses: 0,
    reps: 0,
    last_reviewed_at: null,
    last_study_day: null,
  }
}

const running = new Set()
// Before the addon waits for what runs: an optimisation may take minutes.
process.prependListener('exit', () => running.forEach(native.stop))

const LOOK_EVERY_MS = 50

async function optimize(histories, options) {
  const { threads = 1, shortTerm = true, relearningSteps = 1, maxItems = 200_000, onProgress, signal } = objectOf(options, 'options')
  const reviews = objectOf(histories, 'histories')
  signal?.throwIfAborted()
  const watched = native.optimization()
  const stop = () => native.stop(watched)
  const tell = () => {
    const [step, steps] = native.progress(watched)
    if (steps > 0) onProgress({ step, steps })
  }
  const timer = onProgress && setInterval(tell, LOOK_EVERY_MS)
  signal?.addEventListener('abort', stop)
  running.add(watched)
  try {
    const json = toJson({ short_term: shortTerm, relearning_steps: relearningSteps, max_items: maxItems, threads })
    const done = await promising(() => native.optimize(watched, json, reviews))
    signal?.throwIfAborted()
    if (onProgress) tell()
    const { parameters, ...more } = JSON.parse(done)
    return { parameters: Float64Array.from(parameters), ...more }
  } finally {
    running.delete(watched)
    clearInterval(timer)
    signal?.removeEventListener('abort', stop)
  }
}

function evaluate(histories, options) {
  return promising(async () => {
    const { parameters = [], threads = 1, maxItems = 200_000 } = objectOf(options, 'options')
    const json = toJson({ parameters: Array.from(parameters), max_items: maxItems, threads })
    return JSON.parse(await native.evaluate(json, objectOf(histories, 'histories')))
  })
}

// What Int32Arrays of days hold where there is none.
const NO_DAY = -(2 ** 31)

/** `count` cards that have never been reviewed. */
function newCards(count, ids) {
  return {
    state: new Uint8Array(count),
    step: new Int32Array(count),
    stability: new Float64Array(count),
    difficulty: new Float64Array(count),
    last_reviewed_at: new Float64Array(count).fill(NaN),
    last_study_day: new Int32Array(count).fill(NO_DAY),
    lapses: new Int32Array(count),
    reps: new Int32Array(count),
    ...(ids && { ids }),
  }
}

function fuzz({ id, reps, interval_days, elapsed_days, maximum_interval_days = 36500 } = {}) {
  return call('fsrs.fuzz', { id, reps, interval_days, elapsed_days, maximum_interval_days })
}

function forecast(cards, { today, days = 30 } = {}) {
  return call('fsrs.forecast', { cards: filledAll({ buried: false }, cards, 'cards'), today, days })
}

const sm2 = {
  newCard: () => ({ interval_days: 1, ease_factor: 2.5, lapses: 0 }),

  review(card, rating) {
    return call('sm2.review', { card, rating })
  },

  reviewMany(cards, ratings, { threads = 1 } = {}) {
    return promising(async () => {
      const { due_in_days, ...after } = await native.reviewManySm2(objectOf(cards, 'cards'), ratings, threads)
      return { cards: after, due_in_days }
    })
  },
}

const fsrs = { Scheduler, newCard, newCards, NO_DAY, optimize, evaluate, fuzz, forecast }

module.exports = { recurrence, training, focus, fsrs, sm2 }
