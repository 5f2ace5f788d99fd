// What operations cost from Node, as bench::print says it.
//
//   node.cjs PACKAGE today STORE_URL INSTANT NAME    NAME: what Today is reported as
//   node.cjs PACKAGE cheapest                        the cheapest operation, one awaited after the other
//   node.cjs PACKAGE together                        the same, a hundred at once: each one's share
const [, , path, what, ...more] = process.argv
const { open, LOCAL_USER } = require(path)

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

const report = (name, value) => console.log(JSON.stringify({ name, value, unit: 'us' }))

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

;({ cheapest, together, today })[what](...more)
