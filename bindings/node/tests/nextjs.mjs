// The Next.js app, in the folder given as argument: its production build answers over HTTP, also without JavaScript.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'

const folder = process.env.IGNITION_APP
const next = path.join(folder, 'node_modules', 'next', 'dist', 'bin', 'next')
const environment = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production', DATABASE_URL: `sqlite:${folder}/today.db` }
let server
let base

before(async () => {
  for (const name of fs.readdirSync(folder)) if (name.startsWith('today.db')) fs.rmSync(path.join(folder, name))
  const built = spawnSync(process.execPath, [next, 'build'], { cwd: folder, env: environment, encoding: 'utf8' })
  assert.equal(built.status, 0, built.stdout + built.stderr)
  server = spawn(process.execPath, [next, 'start', '-H', '127.0.0.1', '-p', '0'], { cwd: folder, env: environment })
  server.stderr.pipe(process.stderr)
  base = await new Promise((resolve, reject) => {
    let said = ''
    server.on('exit', () => reject(new Error(said)))
    server.stdout.on('data', (text) => {
      said += text
      const found = said.match(/http:\/\/127\.0\.0\.1:[1-9]\d*/)
      if (found && said.includes('Ready')) resolve(found[0])
    })
  })
})
after(() => server?.kill())

/** What a browser without JavaScript sends for the first form that holds `label`. */
function formWith(html, label) {
  const [form] = [...html.matchAll(/<form[\s\S]*?<\/form>/g)].map(([text]) => text).filter((text) => text.includes(label))
  assert.ok(form, `no form with ${label}`)
  const data = new FormData()
  for (const [input] of form.matchAll(/<input type="hidden"[^>]*>/g)) {
    data.append(input.match(/name="([^"]*)"/)[1], input.match(/value="([^"]*)"/)?.[1] ?? '')
  }
  return data
}

async function page(more) {
  const answer = await fetch(base, more)
  assert.equal(answer.status, 200)
  return (await answer.text()).replaceAll('<!-- -->', '')
}

const today = async (headers = {}) => fetch(`${base}/api/today`, { headers })

test('the page is rendered on the server', async () => {
  const html = await page()
  assert.match(html, /<h1>Good (morning|afternoon|evening)/)
  assert.match(html, /Focus for \d+ minutes/)
})

test('the route handler answers Today, and not what is known already', async () => {
  const answer = await today()
  assert.equal(answer.status, 200)
  const body = await answer.json()
  assert.equal(answer.headers.get('etag'), `"${body.etag}"`)
  assert.notEqual(body.resolved_state, 'focus_active')
  const again = await today({ 'If-None-Match': answer.headers.get('etag') })
  assert.deepEqual([again.status, await again.text()], [304, ''])
})

test('a focus session is started and completed', async () => {
  const start = formWith(await page(), 'Focus for')
  start.append('minutes', '10')
  const running = await page({ method: 'POST', body: start, headers: { Origin: base } })
  assert.match(running, /In focus/)
  assert.match(running, /10:00|9:5\d/)
  assert.equal((await (await today()).json()).resolved_state, 'focus_active')

  const done = formWith(running, 'I am done')
  const after = await page({ method: 'POST', body: done, headers: { Origin: base } })
  assert.match(after, /Focus for \d+ minutes/)
  // A second time, as from a tab that was left open.
  assert.match(await page({ method: 'POST', body: done, headers: { Origin: base } }), /Focus for \d+ minutes/)
  assert.notEqual((await (await today()).json()).resolved_state, 'focus_active')
})

test('many readers at once are all answered', async () => {
  const pages = await Promise.all(Array.from({ length: 50 }, () => page()))
  assert.ok(pages.every((html) => html.includes('Focus for')))
})
