// Spaced repetition without a store: samples of the vectors, and many cards against one.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { rules } from '@ignition/node'
import { refusal, vectors } from './support.mjs'

const { fsrs, sm2 } = rules
const DAY = 864e5
const RATINGS = ['again', 'hard', 'good', 'easy']
const STATES = ['new', 'learning', 'review', 'relearning']

const near = (found, wanted, tolerance, what) =>
  assert.ok(Math.abs(found - wanted) <= tolerance, `${what}: ${found} instead of ${wanted}`)
const nearRelative = (found, wanted, tolerance, what) => near(found, wanted, tolerance * Math.abs(wanted), what)
const parametersOf = (c) => (c.params === 'default' ? [] : c.params)

test('cards are scheduled as in the vectors, one by one', () => {
  const { cases } = vectors('learning/fsrs_schedule.json')
  for (const c of cases) {
    const scheduler = new fsrs.Scheduler({
      parameters: parametersOf(c.config),
      desired_retention: c.config.desired_retention,
      maximum_interval_days: c.config.maximum_interval,
      learning_steps: c.config.learning_steps_minutes,
      relearning_steps: c.config.relearning_steps_minutes,
      fuzz: false,
    })
    let card = fsrs.newCard('019a0000-0000-7000-8000-000000000001')
    c.reviews.forEach(({ at, rating }, i) => {
      const wanted = c.expect[i]
      const outcome = scheduler.review(card, RATINGS[rating - 1], at)
      if (wanted.retrievability_before === null) assert.equal(outcome.retrievability, null)
      else {
        near(outcome.retrievability, wanted.retrievability_before, 1e-6, c.id)
        assert.equal(scheduler.retrievability(card, at), outcome.retrievability)
      }
      card = outcome.card
      const { state, step, scheduled_days, reps, lapses } = card
      assert.deepEqual(
        { state, step, scheduled_days, reps, lapses, elapsed_days: outcome.elapsed_days, due: Date.parse(card.due_at) },
        { state: wanted.state, step: wanted.step, scheduled_days: wanted.scheduled_days, reps: wanted.reps,
          lapses: wanted.lapses, elapsed_days: wanted.elapsed_days, due: Date.parse(wanted.due) }, c.id)
      nearRelative(card.stability, wanted.stability, 1e-6, c.id)
      near(card.difficulty, wanted.difficulty, 1e-6, c.id)
    })
  }
  assert.equal(cases.length, 240)
})

test('histories lead to the memory of the vectors, all at once', async () => {
  const { cases } = vectors('learning/fsrs_memory_state.json')
  const plain = cases.filter((c) => c.params === 'default')
  assert.ok(plain.length > 50)
  const reviews = plain.flatMap((c) => c.reviews)
  const offsets = Int32Array.from([0, ...plain.map((c) => c.reviews.length)])
  for (let i = 1; i < offsets.length; ++i) offsets[i] += offsets[i - 1]
  const histories = {
    offsets,
    ratings: Uint8Array.from(reviews, (r) => r.rating),
    elapsedDays: Int32Array.from(reviews, (r) => r.elapsed_days),
  }
  const scheduler = new fsrs.Scheduler()
  const replay = await scheduler.replayMany(histories, { threads: 2 })
  const wanted = plain.flatMap((c) => c.expect)
  wanted.forEach((state, i) => {
    nearRelative(replay.review_stability[i], state.stability, 1e-6, i)
    near(replay.review_difficulty[i], state.difficulty, 1e-6, i)
    if (state.retrievability_before === null) assert.ok(Number.isNaN(replay.review_retrievability[i]))
    else near(replay.review_retrievability[i], state.retrievability_before, 1e-6, i)
  })
  plain.forEach((_, i) => {
    assert.equal(replay.stability[i], replay.review_stability[offsets[i + 1] - 1])
    assert.equal(replay.difficulty[i], replay.review_difficulty[offsets[i + 1] - 1])
  })
  const after = await scheduler.retrievabilityMany(replay.review_stability, Int32Array.of(30))
  wanted.forEach((state, i) => near(after[i], state.retrievability_after[2], 1e-6, i))
  assert.deepEqual(await scheduler.replayMany(histories), replay)
})

test('intervals and memories made of SM-2 are those of the vectors', async () => {
  for (const c of vectors('learning/fsrs_interval.json').cases.slice(0, 200)) {
    const parameters = [...vectors('learning/fsrs_from_sm2.json').default_params.slice(0, 20), c.decay_w20]
    const settings = { parameters, desired_retention: c.desired_retention, maximum_interval_days: c.maximum_interval }
    const [days] = await new fsrs.Scheduler(settings).intervalsMany(Float64Array.of(c.stability))
    assert.equal(days, c.expect.interval_days, c.id)
  }
  for (const c of vectors('learning/fsrs_from_sm2.json').cases) {
    const scheduler = new fsrs.Scheduler({ parameters: parametersOf(c) })
    const memory = scheduler.fromSm2({ interval_days: c.interval_days, ease_factor: c.ease_factor, retention: c.sm2_retention })
    nearRelative(memory.stability, c.expect.stability, 1e-6, c.id)
    near(memory.difficulty, c.expect.difficulty, 1e-6, c.id)
  }
})

test('fuzz chooses as in the vectors', () => {
  for (const c of vectors('learning/fsrs_fuzz.json').cases) {
    const { factor, lowest, highest } = fsrs.fuzz({
      id: c.card_id, reps: c.reps, interval_days: c.interval, elapsed_days: c.elapsed_days, maximum_interval_days: c.maximum_interval,
    })
    assert.equal(factor, c.expect.factor)
    assert.deepEqual(c.expect.range, lowest === null ? null : [lowest, highest])
  }
})

// Cards with ids, and the answers of five rounds.
const CARDS = 300
const ids = Uint8Array.from({ length: 16 * CARDS }, (_, i) => (i * 2654435761) >>> 24)
const idOf = (i) => {
  const hex = Buffer.from(ids.subarray(16 * i, 16 * i + 16)).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
const ratingOf = (round, i) => 1 + (Math.imul(5 * i + round + 1, 2654435761) >>> 30)
const dayOf = (text) => (text === null ? fsrs.NO_DAY : Date.parse(`${text}T00:00:00Z`) / DAY)

test('many cards are scheduled as each alone, bit for bit, whatever the threads', async () => {
  const scheduler = new fsrs.Scheduler({ timezone: 'Europe/Berlin', day_start_hour: 4 })
  let cards = fsrs.newCards(CARDS, ids)
  let alone = Array.from({ length: CARDS }, (_, i) => fsrs.newCard(idOf(i)))
  for (let round = 0; round < 5; ++round) {
    const at = Float64Array.from({ length: CARDS }, (_, i) => Date.UTC(2026, 2, 20) + round * (3 + (i % 9)) * DAY + i * 61_007)
    const ratings = Uint8Array.from({ length: CARDS }, (_, i) => ratingOf(round, i))
    const found = await scheduler.reviewMany(cards, { ratings, at }, { threads: 2 })
    assert.deepEqual(await scheduler.reviewMany(cards, { ratings, at }), found)
    alone = alone.map((card, i) => {
      const outcome = scheduler.review(card, RATINGS[ratings[i] - 1], new Date(at[i]))
      const one = outcome.card
      const column = (name) => found.cards[name][i]
      assert.equal(STATES[column('state')], one.state)
      for (const name of ['step', 'stability', 'difficulty', 'scheduled_days', 'lapses', 'reps']) {
        assert.equal(column(name), one[name], name)
      }
      assert.equal(column('due_at'), Date.parse(one.due_at))
      assert.equal(column('due_day'), dayOf(one.due_day))
      assert.equal(column('last_study_day'), dayOf(one.last_study_day))
      assert.equal(column('last_reviewed_at'), at[i])
      assert.equal(found.elapsed_days[i], outcome.elapsed_days)
      assert.ok(Object.is(found.retrievability[i], outcome.retrievability ?? NaN))
      return one
    })
    cards = found.cards
  }
  assert.ok(cards.lapses.some((n) => n > 0) && cards.state.includes(2) && cards.state.includes(3))
})

test('batches that cannot be name the argument and the index', async () => {
  const scheduler = new fsrs.Scheduler({ fuzz: false })
  const at = Float64Array.of(Date.UTC(2026, 0, 10))
  const known = async () =>
    (await scheduler.reviewMany(fsrs.newCards(3), { ratings: Uint8Array.of(3, 3, 4), at })).cards
  const later = Float64Array.of(Date.UTC(2026, 0, 20))
  const good = Uint8Array.of(3, 3, 3)
  const review = async (changes, answers, options) =>
    scheduler.reviewMany({ ...(await known()), ...changes }, { ratings: good, at: later, ...answers }, options)
  const fieldOf = (field) => (thrown) => {
    assert.equal(thrown.code, 'VALIDATION_ERROR')
    assert.equal(thrown.fields[0].field, field)
    return true
  }
  assert.equal((await review({}, {})).cards.reps[1], 2)
  await assert.rejects(review({}, { ratings: Uint8Array.of(3, 0, 3) }), fieldOf('ratings[1]'))
  await assert.rejects(review({}, { ratings: Uint8Array.of(3, 5, 3) }), fieldOf('ratings[1]'))
  await assert.rejects(review({ stability: Float64Array.of(1, 1, NaN) }, {}), fieldOf('stability[2]'))
  await assert.rejects(review({ stability: Float64Array.of(1, -1, 1) }, {}), fieldOf('stability[1]'))
  await assert.rejects(review({ difficulty: Float64Array.of(Infinity, 1, 1) }, {}), fieldOf('difficulty[0]'))
  await assert.rejects(review({ state: Uint8Array.of(2, 2, 4) }, {}), fieldOf('state[2]'))
  await assert.rejects(review({}, { at: Float64Array.of(0) }), fieldOf('at[0]'))
  await assert.rejects(review({}, { at: Float64Array.of(NaN) }), fieldOf('at[0]'))
  await assert.rejects(review({}, { at: Float64Array.of(later[0], Infinity, 0) }), refusal('at[1]', 'out_of_range'))
  await assert.rejects(review({ last_reviewed_at: Float64Array.of(later[0], 1e14, 0) }, {}), { code: 'VALIDATION_ERROR' })
  await assert.rejects(review({ reps: new Int32Array(2) }, {}), refusal('reps', 'length'))
  await assert.rejects(review({}, { ratings: [3, 3, 3] }), refusal('ratings', 'wrong_type'))
  await assert.rejects(review({ step: undefined }, {}), refusal('step', 'wrong_type'))
  await assert.rejects(review({}, {}, { threads: 0 }), refusal('threads', 'out_of_range'))
  await assert.rejects(new fsrs.Scheduler().reviewMany(fsrs.newCards(1), { ratings: Uint8Array.of(3), at }), refusal('ids', 'length'))
  await assert.rejects(scheduler.reviewMany(undefined, { ratings: good, at }), refusal('state', 'wrong_type'))
  await assert.rejects(scheduler.reviewMany(fsrs.newCards(3), 5), refusal('answers', 'wrong_type'))
  const empty = await scheduler.reviewMany(fsrs.newCards(0), { ratings: new Uint8Array(), at })
  assert.equal(empty.cards.stability.length, 0)

  const histories = { offsets: Int32Array.of(0, 2), ratings: Uint8Array.of(3, 3), elapsedDays: Int32Array.of(0, 5) }
  const replay = (changes) => scheduler.replayMany({ ...histories, ...changes })
  assert.equal((await replay({})).stability.length, 1)
  await assert.rejects(replay({ ratings: Uint8Array.of(3, 9) }), fieldOf('ratings[1]'))
  await assert.rejects(replay({ elapsedDays: Int32Array.of(0, -1) }), fieldOf('elapsed_days[1]'))
  await assert.rejects(replay({ offsets: Int32Array.of(0, 3) }), { code: 'VALIDATION_ERROR' })
  await assert.rejects(replay({ offsets: new Int32Array() }), { code: 'VALIDATION_ERROR' })
})

test('the arrays given may change while a batch is worked on', async () => {
  const scheduler = new fsrs.Scheduler({ fuzz: false })
  const cards = fsrs.newCards(2)
  const answers = { ratings: Uint8Array.of(3, 3), at: Float64Array.of(Date.UTC(2026, 0, 10)) }
  const promise = scheduler.reviewMany(cards, answers)
  cards.state.fill(200)
  answers.ratings.fill(99)
  answers.at.fill(NaN)
  const after = (await promise).cards
  assert.deepEqual(Array.from(after.stability), [2.3065, 2.3065])
  assert.equal(after.last_reviewed_at[1], Date.UTC(2026, 0, 10))
})

test('SM-2 is that of the vectors, one by one and many at once', async () => {
  const { cases } = vectors('learning/sm2.json')
  for (const c of cases) {
    let card = c.start
    let many = { interval_days: Float64Array.of(card.interval_days), ease_factor: Float64Array.of(card.ease_factor), lapses: Int32Array.of(card.lapses) }
    for (const [i, grade] of c.grades.entries()) {
      const wanted = c.expect[i]
      const found = sm2.review(card, RATINGS[grade])
      card = found.card
      nearRelative(card.interval_days, wanted.interval_days, 1e-9, c.id)
      near(card.ease_factor, wanted.ease_factor, 1e-9, c.id)
      assert.deepEqual([card.lapses, found.due_in_days], [wanted.lapses, wanted.due_in_days], c.id)
      const batch = await sm2.reviewMany(many, Uint8Array.of(grade + 1))
      many = batch.cards
      assert.deepEqual([many.interval_days[0], many.ease_factor[0], many.lapses[0], batch.due_in_days[0]],
        [card.interval_days, card.ease_factor, card.lapses, found.due_in_days], c.id)
    }
  }
  assert.deepEqual(sm2.review(sm2.newCard(), 'good').card, { interval_days: 2.5, ease_factor: 2.5, lapses: 0 })
  const bad = { interval_days: Float64Array.of(1, 1), ease_factor: Float64Array.of(2.5, NaN), lapses: new Int32Array(2) }
  await assert.rejects(sm2.reviewMany(bad, Uint8Array.of(3, 3)), (thrown) => thrown.fields[0].field === 'ease_factor[1]')
})

// The cards of a set of the vectors as histories.
function historiesOf(cards) {
  const reviews = cards.flatMap((card) => card.reviews)
  const offsets = Int32Array.from([0, ...cards.map((card) => card.reviews.length)])
  for (let i = 1; i < offsets.length; ++i) offsets[i] += offsets[i - 1]
  return {
    offsets,
    ratings: Uint8Array.from(reviews, ([rating]) => rating),
    elapsedDays: Int32Array.from(reviews, ([, days]) => days),
    reviewedAt: Float64Array.from(cards.flatMap((card) => {
      let day = card.first_day
      return card.reviews.map(([, days]) => (day += days) * DAY)
    })),
  }
}

test('parameters are fitted and judged as in the vectors', async () => {
  const sets = vectors('learning/fsrs_optimizer.json').datasets.slice(0, 5)
  for (const { id, cards, expect } of sets) {
    const histories = historiesOf(cards)
    const before = await fsrs.evaluate(histories)
    assert.equal(before.items, expect.items, id)
    near(before.log_loss, expect.log_loss_default, 1e-5, id)
    near(before.rmse_bins, expect.rmse_bins_default, 1e-4, id)
    const fitted = await fsrs.optimize(histories, { threads: 2 })
    assert.equal(fitted.stage, expect.stage, id)
    if (expect.max_log_loss !== undefined && expect.max_log_loss !== null) {
      const after = await fsrs.evaluate(histories, { parameters: fitted.parameters })
      assert.ok(after.log_loss <= expect.max_log_loss, `${id}: ${after.log_loss}`)
    }
  }
})

test('a forecast counts cards on the day they come back', () => {
  const cards = [
    { state: 'review', due: '2026-03-01' },
    { state: 'review', due: '2026-03-11' },
    { state: 'learning', due: '2026-03-10' },
    { state: 'review', due: '2026-03-09', buried: true },
  ]
  assert.deepEqual(fsrs.forecast(cards, { today: '2026-03-10', days: 2 }), [
    { date: '2026-03-10', review: 1, learning: 1, cumulative: 2 },
    { date: '2026-03-11', review: 2, learning: 0, cumulative: 4 },
  ])
  assert.throws(() => fsrs.forecast(cards, { today: '2026-03-10', days: 0 }), { code: 'VALIDATION_ERROR' })
  assert.throws(() => fsrs.forecast([{ state: 'review', due: 'soon' }], { today: '2026-03-10' }),
    (thrown) => thrown.fields[0].field === 'cards[0].due')
})

test('the queue serves what is due within the day\'s limits', () => {
  const scheduler = new fsrs.Scheduler({ fuzz: false })
  const now = new Date('2026-03-10T12:00:00Z')
  const card = (n, more) => ({ ...fsrs.newCard(`019a0000-0000-7000-8000-00000000000${n}`), ...more })
  const note = '019b0000-0000-7000-8000-000000000001'
  const cards = [
    card(1, { ordinal: 2 }),
    card(2, { ordinal: 1, note_id: note }),
    card(3, { ordinal: 3, note_id: note }),
    card(4, { state: 'review', due_day: '2026-03-10', stability: 5, last_study_day: '2026-03-05' }),
    card(5, { state: 'review', due_day: '2026-03-11' }),
    card(6, { state: 'learning', due_at: new Date('2026-03-10T11:55:00Z') }),
    card(7, { state: 'learning', due_at: '2026-03-10T13:00:00Z' }),
  ]
  const queue = scheduler.queue(cards, { now, settings: { new_review_order: 'review_first' } })
  assert.deepEqual(queue.cards.map(({ index, pool }) => [index, pool]), [[5, 'learning'], [3, 'review'], [1, 'new'], [0, 'new']])
  assert.equal(queue.cards[0].id, cards[5].id)
  assert.deepEqual(queue.counts, { learning: 1, review: 1, new: 2 })
  assert.equal(Date.parse(queue.next_learning_due_at), Date.parse('2026-03-10T13:00:00Z'))
  assert.deepEqual(scheduler.queue(cards, { now, introduced_today: 9 }).counts, { learning: 1, review: 1, new: 1 })
  assert.equal(scheduler.queue(cards, { now, limit: 1 }).cards.length, 1)
  const refused = (field, changes, options) => assert.throws(() => scheduler.queue([cards[0], { ...cards[3], ...changes }], { now, ...options }),
    (thrown) => thrown.code === 'VALIDATION_ERROR' && thrown.fields[0].field === field)
  refused('cards[1].stability', { stability: -1 })
  refused('cards[1].due_day', { due_day: 'soon' })
  refused('settings.reviews_per_day', {}, { settings: { reviews_per_day: -1 } })
  refused('limit', {}, { limit: 0 })
})
