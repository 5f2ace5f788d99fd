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

const training = {
  oneRepMax({ weight_g, reps, formula = 'auto' } = {}) {
    return call('training.oneRepMax', { weight_g, reps, formula })
  },

  oneRepMaxMany(weight_g, reps, { formula = 'auto' } = {}) {
    return promising(() => native.oneRepMaxMany(weight_g, reps, toJson({ weight_g: 0, reps: 0, formula })))
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

class Scheduler {
  #handle

  constructor(settings) {
    const given = {
      parameters: [],
      desired_retention: 0.9,
      maximum_interval_days: 36500,
      learning_steps: [1, 10],
      relearning_steps: [10],
      fuzz: true,
      timezone: 'UTC',
      day_start_hour: 0,
    }
    for (const [name, value] of Object.entries(objectOf(settings, 'settings'))) {
      if (value !== undefined) given[name] = ArrayBuffer.isView(value) ? Array.from(value) : value
    }
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

  retrievabilityMany(stability, elapsedDays, { threads = 1 } = {}) {
    return promising(() => native.retrievabilityMany(this.#handle, stability, elapsedDays, threads))
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
  const { offsets, ratings, elapsedDays, reviewedAt } = objectOf(histories, 'histories')
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
    const done = await promising(() => native.optimize(watched, json, offsets, ratings, elapsedDays, reviewedAt))
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

module.exports = { recurrence, training, focus, fsrs: { Scheduler, newCard, optimize } }
