import { open, rules, Caller, type User } from '@ignition/node'

export async function mistakes(me: User): Promise<void> {
  await me.focus.dance() // wrong
  await me.focus.start({ duration_seconds: 'long' }) // wrong
  await me.focus.start({ duration_seconds: 1500, mode: 'dance' }) // wrong
  await me.focus.start({ duration_seconds: 1500, nonsense: 1 }) // wrong
  await me.focus.get() // wrong
  await me.call('focus.dance') // wrong
  await me.call('focus.get') // wrong
  ;(await me.today.get()).nonsense // wrong
  const known: object = (await me.answer('today.get', {}, { ifNoneMatch: 'x' })).output // wrong
  new Caller() // wrong
  await open(5) // wrong
  rules.recurrence.expand('FREQ=DAILY') // wrong
  rules.training.oneRepMax({ weight_g: 1, reps: 1, formula: 'guess' }) // wrong
  await rules.training.oneRepMaxMany([1], Int32Array.of(1)) // wrong
  new rules.fsrs.Scheduler().review(rules.fsrs.newCard('x'), 3, new Date()) // wrong
  await new rules.fsrs.Scheduler().reviewMany(rules.fsrs.newCards(1), { ratings: [3], at: Float64Array.of(0) }) // wrong
  rules.training.personalRecords({ sessions: [], sets: [{ id: 'a' }] }) // wrong
  console.log(known)
}
declare const console: { log(...values: unknown[]): void }
