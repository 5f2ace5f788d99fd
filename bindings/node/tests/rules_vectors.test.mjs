// Samples of the vectors that the C++ tests follow: a table of what is asked and answered.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { test } from 'node:test'

import { IgnitionError, rules } from '@ignition/node'
import { refusal, vectors } from './support.mjs'

const { focus, levels, lists, recurrence, streaks, training } = rules

const textOf = ({ input }) => (input === null ? '' : typeof input === 'string' ? input : JSON.stringify(input))
const pick = (from, names) => Object.fromEntries(names.map((name) => [name, from[name] ?? null]))
/** Without what is null or empty. */
const given = (one) => Object.fromEntries(Object.entries(one).filter(([, value]) =>
  value !== null && value !== undefined && (typeof value !== 'object' || Object.keys(value).length > 0)))

// ---- Training ----

const halves = ({ rpe }) => (rpe === null || rpe === undefined ? null : Math.trunc(rpe * 2))
const plusHalves = ({ rpe, ...one }) => ({ ...one, rpe_x2: one.rpe_x2 ?? halves({ rpe }) })
const logged = (sessions) =>
  sessions.map((one) => ({ ...one, started_at: Date.parse(one.started_at), sets: one.sets.map(plusHalves) }))
const known = () => vectors('exercise/exercises.json').exercises.map((one) => ({
  key: one.key,
  names: [one.name, one.export_name, ...one.aliases],
  export_name: one.export_name,
  is_assisted: one.assisted,
}))

function plannedSets({ workout, default_rest_seconds, expect }) {
  const sections = workout.sections.map(({ section_type, rounds, rest_seconds, exercises }) => ({
    section_type,
    rounds,
    rest_seconds,
    exercises: exercises.map(({ sets, rest_seconds, superset_group }) => ({ target_sets: sets, rest_seconds, superset_group })),
  }))
  const { sets } = training.setOrder({ sections, default_rest_seconds })
  return [sets.map(({ section, ...set }) => ({ ...set, exercise: workout.sections[section].exercises[set.exercise].id })), expect]
}

function csvImport({ csv, time_zone, weight_unit, expect }) {
  const log = training.readCsv({ csv, timezone: time_zone, weight_unit, exercises: known() })
  const errors = expect.errors.map(({ line, code }) => ({ line, reason: code }))
  return [{ ...log, sessions: logged(log.sessions) }, { ...expect, sessions: logged(expect.sessions), errors }]
}

function csvExport({ sessions, format, time_zone, weight_unit, csv }) {
  const log = sessions.map((one) => ({ ...one, sets: one.sets.map(plusHalves) }))
  return [training.writeCsv({ sessions: log, format, timezone: time_zone, weight_unit, exercises: known() }), csv]
}

// ---- Planning ----

const asEvent = (one) => ({
  start: one.start,
  timezone: one.tzid,
  recurrence_rule: one.recurrence_rule,
  duration_seconds: one.duration_seconds,
  exdates: one.exdates,
  fields: { title: one.title },
  overrides: one.overrides.map((own) => ({
    recurrence_id: own.recurrence_id,
    start: own.start_time,
    duration_seconds: own.duration_seconds,
    fields: own.title === undefined ? {} : { title: own.title },
  })),
})

const canonical = (event) => given({
  ...event,
  recurrence_rule: recurrence.parse(event.recurrence_rule, event).recurrence_rule,
  overrides: event.overrides.map(given),
})

function patchOf({ patch, occurrence }) {
  if (patch === undefined) return null
  const { title, start_time, duration_minutes, ...more } = patch
  const from = Date.parse(start_time ?? occurrence)
  return {
    ...more,
    ...(title !== undefined && { fields: { title } }),
    ...(start_time !== undefined && { start: start_time }),
    ...(duration_minutes !== undefined && { end: new Date(from + duration_minutes * 60_000) }),
  }
}

function seriesEdit({ before, operation, after, window, occurrences }) {
  const change = { event: asEvent(before), scope: operation.scope, occurrence: operation.occurrence, patch: patchOf(operation) }
  const edit = recurrence.edit(change)
  const left = [edit.event, edit.created].filter((event) => event !== null)
  const listed = left.flatMap((event, i) =>
    recurrence.occurrences({ event, from: window.start, to: window.end }).occurrences.map(({ end, fields, ...one }) => ({
      ...one,
      series: i === 0 ? 'A' : "A'",
      title: fields.title,
      duration_seconds: (Date.parse(end) - Date.parse(one.start)) / 1000,
    })))
  listed.sort((a, b) => (a.start < b.start ? -1 : 1))
  return [[left.map(canonical), listed], [after.map((one) => canonical(asEvent(one))), occurrences]]
}

function calendarEvent({ start, end, overrides, ...event }) {
  const [kind, other] = event.all_day ? ['date', 'time'] : ['time', 'date']
  return {
    ...event,
    [`start_${kind}`]: start,
    [`end_${kind}`]: end,
    [`start_${other}`]: null,
    [`end_${other}`]: null,
    overrides: overrides.map(({ recurrence_id, start, end, title }) => ({ recurrence_id, start_time: start, end_time: end, title })),
  }
}

function icsImport({ ics, user_timezone, expect }) {
  const found = recurrence.readCalendar({ ics, timezone: user_timezone })
  const events = found.events.map((event, i) => pick(calendarEvent(event), Object.keys(expect.events[i] ?? {})))
  return [{ ...pick(found, Object.keys(expect)), events }, expect]
}

/** Names as ids that sort like them. */
function idOf(name) {
  if (name === undefined) return undefined
  const hex = Buffer.from(name.padEnd(16, '\0')).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
const REFUSALS = { unknown: 'NOT_FOUND', itself: 'VALIDATION_ERROR', repeated: 'VALIDATION_ERROR', differs: 'CONFLICT' }

function ordering({ before, steps }) {
  const item = ({ id, position }) => ({ id: idOf(id), position })
  let siblings = before.map(item)
  const found = steps.map(({ operation: { op, id, ids, before_id, after_id, to } }) => {
    let outcome
    if (op === 'append') siblings = [...siblings, { id: idOf(id), position: lists.append({ siblings }) }]
    else {
      try {
        const change = op === 'move'
          ? lists.move({ siblings, id: idOf(id), before_id: idOf(before_id), after_id: idOf(after_id), to })
          : lists.reorder({ siblings, ids: ids.map(idOf) })
        outcome = REFUSALS[change.outcome] ?? change.outcome
        const moved = new Map(change.changes.map((one) => [one.id, one.position]))
        siblings = siblings.map((one) => ({ ...one, position: moved.get(one.id) ?? one.position }))
      } catch (refused) {
        outcome = refused.code
      }
    }
    siblings.sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1))
    return [outcome, siblings]
  })
  return [found, steps.map(({ error, result, after }) => [error ?? result, after.map(item)])]
}

function focusStats({ sessions, now, period, tzid, week_starts_on, expect }) {
  const history = sessions.map(({ started_at, ...session }) => session)
  return [focus.stats({ sessions: history, now, period, timezone: tzid, week_start: week_starts_on }), { by_day: null, ...expect }]
}

const TABLE = {
  'exercise/units.json': {
    lb_to_g: (c) => [training.gramsOfPounds({ weight_lb_x100: c.lb_x100 }), c.g],
    g_to_lb: (c) => [training.poundsOfGrams({ weight_g: c.g }), c.lb_x100],
    round_load: (c) => [training.roundLoad({ weight_g: c.g, unit: c.unit, step_x100: c.step_x100 }), c.out_g],
    distance: (c) => [training.parseDistance({ text: c.value, unit: c.unit }), c.mm],
  },
  'exercise/one_rep_max.json': {
    estimate: (c) => [
      training.oneRepMax({ weight_g: c.weight_g + (c.bodyweight_g ?? 0), reps: c.reps, formula: c.formula })?.one_rep_max_g ?? null,
      c.one_rep_max_g,
    ],
    load_for_reps: (c) => [training.loadForReps({ one_rep_max_g: c.one_rep_max_g, reps: c.reps }), c.weight_g],
    percent_load: ({ weight_g, ...c }) => [training.percentLoad(c), weight_g],
  },
  'exercise/parsing.json': {
    reps: (c) => [training.parseReps({ text: textOf(c) }), pick(c, ['reps_min', 'reps_max', 'amrap', 'duration_seconds', 'text'])],
    weight: (c) => [training.parseLoad({ text: textOf(c), unit: c.unit }), { ...pick(c, ['weight_g', 'percent_x100']), rpe_x2: halves(c) }],
    tempo: (c) => [training.parseTempo({ text: textOf(c) }), c.tempo],
    duration: (c) => [training.parseDuration({ text: textOf(c) }), c.seconds],
    local_time: (c) => [Date.parse(training.parseLocalTime({ text: textOf(c), timezone: c.time_zone })), Date.parse(c.utc)],
  },
  'exercise/sequence.json': { cases: plannedSets },
  'exercise/csv.json': { import: csvImport, export: csvExport },
  'planning/series_edit.json': { cases: seriesEdit },
  'planning/ics_import.json': { cases: icsImport },
  'planning/ordering.json': { cases: ordering },
  'planning/focus_stats.json': { cases: focusStats },
}

for (const [file, sections] of Object.entries(TABLE)) {
  for (const [section, answer] of Object.entries(sections)) {
    test(`rules answer as in the vectors: ${file} ${section}`, () => {
      const cases = vectors(file)[section]
      assert.ok(cases.length > 0)
      for (const c of cases) {
        const error = c.error ?? c.expect?.error
        if (error !== undefined) {
          assert.throws(() => answer(c), (thrown) => thrown instanceof IgnitionError && thrown.code === error, JSON.stringify(c))
          continue
        }
        const [found, wanted] = answer(c)
        assert.deepEqual(found, wanted, c.id ?? c.name ?? JSON.stringify(c))
      }
    })
  }
}

test('every file of vectors is sampled', () => {
  const here = new URL('.', import.meta.url)
  const sources = fs.readdirSync(here).filter((name) => /^rules.*\.test\.mjs$/.test(name))
  const named = new Set(sources.flatMap((name) => [...fs.readFileSync(new URL(name, here), 'utf8').matchAll(/'(\w+\/\w+\.json)'/g)].map(([, file]) => file)))
  const files = ['learning', 'exercise', 'planning'].flatMap((folder) =>
    fs.readdirSync(new URL(`vectors/${folder}/`, here)).map((name) => `${folder}/${name}`))
  assert.ok(files.length > 20)
  assert.deepEqual(files.filter((file) => !named.has(file)), [])
})

test('levels and streaks are those of the vectors', () => {
  for (const one of vectors('progress/levels.json').curve) {
    const { level, xp_level_size, xp_into_level } = levels.state({ total_xp: one.total_xp_at_level })
    assert.deepEqual([level, xp_level_size, xp_into_level], [one.level, one.xp_level_size, 0])
  }
  assert.throws(() => levels.state({ total_xp: -1 }), refusal('total_xp', 'out_of_range'))
  const names = ['current', 'longest', 'breaks', 'last_broken_on', 'status', 'run_start']
  let compared = 0
  for (const { id, note, tz, cadence: { type, days, target }, now, activities, expect, ...more } of vectors('progress/streaks.json').cases) {
    if (tz !== 'UTC' || Object.keys(more).length > 0 || activities.some((at) => typeof at !== 'string')) continue
    const cadences = [{ frequency: type, days, per_week: target }]
    const found = streaks.walk({ done: activities.map((at) => at.slice(0, 10)), today: expect.today, cadences })
    assert.deepEqual(pick(found, names), pick(expect, names), id)
    ++compared
  }
  assert.ok(compared > 10, `${compared}`)
})
