// What operations cost from Node, as bench::print says it.
//
//   node.cjs PACKAGE today STORE_URL INSTANT NAME    NAME: what Today is reported as
//   node.cjs PACKAGE cheapest                        the cheapest operation, one awaited after the other
//   node.cjs PACKAGE together                        the same, a hundred at once: each one's share
//   node.cjs PACKAGE batch                           one review of each of a million cards: each one's share
const [, , path, what, ...more] = process.argv
const { open, rules, LOCAL_USER } = require(path)

async function medianUs(times, run, prepare = async () => {}) {
  const each = []
  for (let i = -times / 10; i < times; ++i) {
    await prepare()
    const begin = process.hrtime.bigint()
    await run()
    const took = process.hrtime.bigint() - begin
    if (i >= 0) each.push(Number(took) / 1000)
  }
  each.sort((a, b) => a - b)
  return each[Math.floor(each.length / 2)]
}

const report = (name, value, unit = 'us') => console.log(JSON.stringify({ name, value, unit }))

async function cheapest() {
  const ig = await open('sqlite::memory:')
  report('cheapest', await medianUs(20_000, () => ig.auth.session()))
  await ig.close()
}

async function together() {
  const ig = await open('sqlite::memory:')
  const hundred = () => Promise.all(Array.from({ length: 100 }, () => ig.auth.session()))
  report('together', (await medianUs(500, hundred)) / 100)
  await ig.close()
}

async function today(store, now, name) {
  const ig = await open(store, { now })
  const me = ig.asUser(LOCAL_USER)
  // As measure_product does it.
  report(name, await medianUs(3000, () => me.today.get({ current_route: '/today' })))
  report(`${name}_cached`, await medianUs(3000, () => me.today.get()))
  let on = false
  const write = () => me.today.show_full({ on: (on = !on) })
  report(`${name}_after_write`, await medianUs(300, () => me.today.get(), write))
  await ig.close()
}

// As measure_fsrs does it, but with all columns of the outcomes, and in arrays of JavaScript's own.
async function batch() {
  const count = 1_000_000
  const now = Date.UTC(2026, 0, 10)
  const cards = rules.fsrs.newCards(count)
  const ratings = new Uint8Array(count)
  for (let i = 0; i < count; ++i) {
    const chance = (Math.imul(i + 1, 2654435761) >>> 0) / 2 ** 32
    cards.stability[i] = Math.exp(6 * chance)
    cards.difficulty[i] = 1 + 9 * ((i * 0.618) % 1)
    cards.last_reviewed_at[i] = now - (1 + (i % 99)) * 864e5
    cards.last_study_day[i] = cards.last_reviewed_at[i] / 864e5
    ratings[i] = i % 10 === 0 ? 1 : i % 10 === 5 ? 2 : i % 10 === 9 ? 4 : 3
  }
  cards.state.fill(2)
  cards.reps.fill(5)
  const scheduler = new rules.fsrs.Scheduler({ fuzz: false })
  const answers = { ratings, at: Float64Array.of(now) }
  const took = await medianUs(11, () => scheduler.reviewMany(cards, answers))
  report('rules.fsrs.node_batch_ns', (took * 1000) / count, 'ns')
}

;({ cheapest, together, today, batch })[what](...more)
