import ignition, { open, IgnitionError, LOCAL_USER, rules, type Calls, type FocusSession, type Ignition, type User } from '@ignition/node'

async function begin(me: User): Promise<FocusSession> {
  const session = await me.focus.start({ duration_seconds: 1500, mode: 'focus' }, { idempotencyKey: 'k' })
  const seconds: number = session.duration_seconds
  const label: string = (await me.today.get()).quick_picks[0].label
  await me.focus.get({ id: session.id })
  const list = await me.call('focus.list', { page: 1 })
  const same: Calls['focus.list']['output'] = list
  const text: string = await me.json('today.get')
  const known = await me.answer('today.get', {}, { ifNoneMatch: text })
  const output: object | null = known.output
  console.log(seconds, label, same.total, output, me.id)
  return session
}

const ig: Ignition = await open('sqlite::memory:', { now: new Date(), seed: 7, settings: { AUTH_MIN_AGE: 0 } })
try {
  await begin(ig.asUser((await ig.users.create({ email: 'ada@example.org' })).user.id))
  ig.setNow('2026-03-10T09:00:00Z')
} catch (thrown) {
  if (thrown instanceof IgnitionError && thrown.code === 'NOT_FOUND') console.log(thrown.reason, thrown.fields[0].field)
} finally {
  await ig.close()
}
console.log(LOCAL_USER, ignition.version)

const starts: string[] = rules.recurrence.expand({ start: '2026-01-05', recurrence_rule: 'FREQ=DAILY' }, { limit: 3 }).starts
const many: Float64Array = (await rules.recurrence.expandMany([{ start: '2026-01-05' }], { to: new Date(), threads: 2 })).starts
const most: number | undefined = rules.training.oneRepMax({ weight_g: 100_000, reps: 5, formula: 'epley' })?.one_rep_max_g
const card: rules.fsrs.Card = new rules.fsrs.Scheduler({ fuzz: false }).review(rules.fsrs.newCard('x'), 'good', new Date()).card
const step: rules.focus.Step = rules.focus.start({ duration_seconds: 1500, now: new Date() })
const scheduler = new rules.fsrs.Scheduler()
const after = await scheduler.reviewMany(rules.fsrs.newCards(2, new Uint8Array(32)), { ratings: Uint8Array.of(3, 4), at: Float64Array.of(Date.now()) })
const again: rules.fsrs.Outcomes = await scheduler.reviewMany(after.cards, { ratings: Uint8Array.of(3, 4), at: after.cards.due_at }, { threads: 2 })
const waiting: number = scheduler.queue([card, { id: 'x', state: 'learning', due_at: new Date() }], { now: new Date() }).counts.new
const memory: Float64Array = (await scheduler.replayMany({ offsets: Int32Array.of(0), ratings: new Uint8Array(), elapsedDays: new Int32Array() })).stability
const edited = rules.recurrence.edit({ event: { start: '2026-01-05', fields: { title: 'x' } }, scope: 'all', patch: { fields: { title: null } } })
const title: string | null | undefined = edited.event?.fields?.title
const log: rules.training.LoggedSession[] = rules.training.readCsv({ csv: 'x', weight_unit: 'lb' }).sessions
const place: number = rules.lists.append({ siblings: [{ id: 'x', position: 1024 }] })
const streak: number = rules.streaks.walk({ done: ['2026-01-05'], today: '2026-01-05', cadences: [{ frequency: 'daily' }] }).current
const week: rules.focus.Stats = rules.focus.stats({ sessions: [{ status: 'completed', ended_at: new Date() }], now: new Date() })
const next: rules.training.NextSession = rules.training.programNext({ program: { mode: 'rotation', weeks: [{ days: [{ id: 'a' }] }] }, today: '2026-01-05' })
console.log(starts, many, most, card.due_at, step.refusal, again.cards.due_day, memory, waiting, next.slot?.day_id)
declare const console: { log(...values: unknown[]): void }
